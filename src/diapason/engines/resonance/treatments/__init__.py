"""Ways to mend data, one file per treatment; each is found through the entry point group `diapason.treatments`."""
