"""Documents, windows, token scores and task types: what all other packages speak of."""
