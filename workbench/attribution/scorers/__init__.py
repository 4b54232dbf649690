"""A file per scorer or family of scorers; `registry.py`, one folder up, names them.

Docstrings name the paper, with the number of a section or an equation where it was looked up; what could
not be looked up is called by its name.
"""
