"""One resumable loop, and an objective per method."""
