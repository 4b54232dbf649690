"""Plotly figures for the screen, one file per view; plotly is imported inside the functions."""
