"""What the commands do beside a plain run."""
