"""engines/alignment."""
