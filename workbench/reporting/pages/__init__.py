"""Pages about runs, comparisons, benchmarks and explained texts."""
