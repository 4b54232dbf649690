"""Scores from what a layer's output is made of."""
