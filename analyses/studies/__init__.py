"""Studies of run folders: each module has a `build` and is a script."""
