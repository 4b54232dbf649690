"""What is measured of trained models: a module per table that takes more than predictions."""
