"""From a model's errors to data work: diagnose, propose trials, absorb their results, and say what was shown."""
