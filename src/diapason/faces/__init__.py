"""What people and programs touch; thin and quick."""
