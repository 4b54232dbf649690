"""The scores that pruners decide by."""
