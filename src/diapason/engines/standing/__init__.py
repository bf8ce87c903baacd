"""What stands on what: when evidence falls, everything above it falls, and what is the cheapest way back."""
