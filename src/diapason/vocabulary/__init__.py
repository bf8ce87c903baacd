"""Nouns of plant and programme: frozen, typed, with units. One file per subject; import from the file."""
