"""A module for each kind of file: it reads raw rows, and declares its sources in SOURCES."""
