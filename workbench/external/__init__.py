"""Scores that other programs computed, as frames, arrays or files: read, checked, judged."""
