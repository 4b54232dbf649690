"""Scores from gradients, most of them Captum's."""
