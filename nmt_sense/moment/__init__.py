"""What one moment looks like: pure functions of the pipeline's state, for window and terminal alike."""
