"""Rationale Workbench: which tokens carry the decision, and how many can be dropped."""
