"""What can be asked of a run, from every source, checked before anything heavy is imported."""
