"""Pure thinking, no input or output; engines do not know each other."""
