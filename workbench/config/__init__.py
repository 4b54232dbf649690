"""Typed, checked configurations of runs and comparisons."""
