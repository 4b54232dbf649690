"""Tests of the exported graphs and the engines that run them."""
