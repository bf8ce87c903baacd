"""One file per verb a user would say, in the order of the loop."""
