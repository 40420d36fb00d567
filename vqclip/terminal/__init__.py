"""What the terminal shows, and how it says stop."""
