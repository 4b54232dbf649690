"""Scripts that make what stands in README and docs."""
