"""Scores against the rationales that people marked."""
