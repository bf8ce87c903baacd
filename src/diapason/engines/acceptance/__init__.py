"""What is counted, and when one more counts: versioned rules over evidence, and tallies that add right."""
