"""Scores that know nothing, or everything."""
