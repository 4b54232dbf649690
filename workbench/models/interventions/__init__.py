"""Policies and windows that change what a model sees or decides."""
