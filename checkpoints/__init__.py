"""The built-in models that ship with vqclip."""
