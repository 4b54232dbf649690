"""Files of the kind that people bring: what must be read right, refused by line, or warned about."""
