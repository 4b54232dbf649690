"""Faster kernels, each with a probe and a fallback."""
