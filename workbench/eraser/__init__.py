"""ERASER's prediction format: reading, checking, writing, and what lies between it and our records."""
