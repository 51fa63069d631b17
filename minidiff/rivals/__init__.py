"""Rivals: other ways to make data, on the same data, with the same budget."""
