"""Arithmetic that several scorers share."""
