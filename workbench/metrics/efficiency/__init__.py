"""FLOPs, seconds, and controls at a method's budget."""
