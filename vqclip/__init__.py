"""Text to image with VQGAN and CLIP."""
