"""What must be shown under each regime, what is shown, what is missing, by when and by whom."""

from diapason.services.comply.running import ROLES, answer, ask, look, page, run

__all__ = ["ROLES", "answer", "ask", "look", "page", "run"]
