"""Settings files and presets that ship with vqclip."""
