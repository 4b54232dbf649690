"""Cards of models and data, in the form of the model hub."""
