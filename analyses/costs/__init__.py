"""Scripts that measure what scorers, training and inference cost."""
