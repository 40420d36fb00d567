"""Where CLIP looks: which cutouts a step takes, and how they are resampled and augmented."""
