"""Resampling, paired tests, correlations, and seeds."""
