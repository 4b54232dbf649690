"""Files as people keep them: any of the known forms, compressed or not, in any encoding."""
