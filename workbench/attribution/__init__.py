"""Scores of tokens at every layer: the scorers, and the engine that runs them."""
