"""A module for each form of data: it reads raw rows, and declares itself with `register_reader`."""
