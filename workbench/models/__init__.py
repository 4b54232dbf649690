"""The classifier that drops tokens: backbone, encoder loop, layouts, policies, kernels."""

EXPORTED = "workbench-"
"""How the `model_type` of an exported model that drops tokens begins; the family's own follows."""
