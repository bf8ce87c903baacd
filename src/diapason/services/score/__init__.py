"""A dataset's scores in official words, each with its doubt and what it stands on."""

from diapason.services.score.running import REPORT, draft, run

__all__ = ["REPORT", "draft", "run"]
