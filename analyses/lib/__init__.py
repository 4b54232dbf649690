"""What only the analyses need."""
