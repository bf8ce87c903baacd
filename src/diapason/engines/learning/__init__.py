"""Learning: assemble examples, split them honestly, learn by recipes, and say how good a model really is."""
