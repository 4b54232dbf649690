"""The classifier that drops tokens: backbone, encoder loop, layouts, policies, kernels."""

EXPORTED_MODEL_TYPE = "workbench-bert"
"""The `model_type` in the config.json of an exported model that drops tokens."""
