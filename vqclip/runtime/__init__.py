"""The device: its memory, cores and precision."""
