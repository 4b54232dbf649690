"""A corpus in the forms of other programs, each with the configuration that reads it back."""
