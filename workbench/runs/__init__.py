"""Run folders: opened, read and compared, one or many."""
