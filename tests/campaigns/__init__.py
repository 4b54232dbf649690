"""Attacks on every command, counted: kills, full disks, wrong input, damaged files, two writers."""
