"""Methods trained side by side on one task whose model says something of every token."""
