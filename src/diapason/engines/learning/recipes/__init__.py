"""Ways to learn, one file per recipe; each is found through the entry point group `diapason.recipes`."""
