"""Facts in, obligations out: what applies, what does not, what cannot be told yet; by when, and what waits for it."""
