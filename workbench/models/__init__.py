"""The classifier that drops tokens: backbone, encoder loop, layouts, policies, kernels."""
