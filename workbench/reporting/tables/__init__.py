"""Tables for readers, from the numbers that runs have written."""
