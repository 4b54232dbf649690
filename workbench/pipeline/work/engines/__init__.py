"""Who carries units out: one file each, found by its name, with `TAKES` and `open_engine`."""
