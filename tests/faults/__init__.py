"""Files that nobody should trust, and what vqclip does with them."""
