"""What may be told of rows that stay at home: groups large enough, not to be had by subtraction, rounded, wordless."""
