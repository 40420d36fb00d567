"""CLIP by itself: classify, score and search pictures."""
