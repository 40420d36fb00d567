"""The loop and its parts: from a latent to a picture that the prompts describe."""
