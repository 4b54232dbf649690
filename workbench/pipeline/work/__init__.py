"""Units of work that wait for each other, and whoever carries them out: this machine, or many."""
