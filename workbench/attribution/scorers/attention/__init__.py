"""Scores from attention probabilities."""
