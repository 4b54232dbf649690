"""Studies of run folders, measurements of what things cost, and the tables of README and docs."""
