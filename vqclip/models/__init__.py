"""Where models come from: their names, their files, and what may be read of them."""
