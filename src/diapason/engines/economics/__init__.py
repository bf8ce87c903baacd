"""What a change was worth: an effect against a baseline, with its doubt, and when it pays back."""
