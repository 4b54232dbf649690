"""A file per scorer or family of scorers; `registry.py`, one folder up, names them.

Docstrings name paper and equation. A number with a question mark was cited from memory and has not been
compared with the paper.
"""
