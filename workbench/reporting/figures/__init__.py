"""Figures: described once, drawn for print here and on the screen by the app."""
