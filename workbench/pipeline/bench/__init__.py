"""The stopwatch and the cost model."""
