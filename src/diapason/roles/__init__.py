"""What a recipe, a model, a treatment and a check must be able to do, as Protocols. One file per role."""
