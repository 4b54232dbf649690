"""Finished models at work: classify, explain, predict, and what if."""
