"""What stands on what in a workspace: vouch for papers, recall evidence, and see what falls and how it comes back."""

from diapason.services.standing.papers import vouch
from diapason.services.standing.recalling import recall, restored
from diapason.services.standing.viewing import fallen, look, overview, removed

__all__ = ["fallen", "look", "overview", "recall", "removed", "restored", "vouch"]
