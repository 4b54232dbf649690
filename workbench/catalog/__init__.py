"""What methods and scorers there are, without the libraries that run them."""
