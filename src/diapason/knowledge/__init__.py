"""Knowledge as files, read by one strict typed loader."""
