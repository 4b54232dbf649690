"""Comparisons: trials, searches and the folder that holds them."""
