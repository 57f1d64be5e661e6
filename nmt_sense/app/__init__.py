"""Qt windows over the live pipeline. Nothing here is needed to record."""
