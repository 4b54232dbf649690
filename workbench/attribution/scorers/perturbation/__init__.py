"""Scores from asking the model about changed texts."""
