"""A run as a whole: its models, its folder, its record."""
