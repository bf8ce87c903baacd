"""One folder per thing outside."""
