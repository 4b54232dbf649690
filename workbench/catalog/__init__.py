"""What methods, scorers and readers there are, without the libraries that run models."""
