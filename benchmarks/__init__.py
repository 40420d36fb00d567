"""Measurements of the loop; none of them is a test."""
