"""A file per scorer or family of scorers, in a folder per group; each is declared above its code.

Docstrings name the paper, with the number of a section or an equation where it was looked up; what could
not be looked up is called by its name.
"""
