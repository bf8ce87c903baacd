"""Where an enterprise stands: clauses and facts in; levels claimed and proven, gaps, next steps, road map out."""
