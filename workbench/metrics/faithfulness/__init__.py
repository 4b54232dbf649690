"""What a model says of texts that lost their highest-scored units."""
