"""Ten tests of an agent, judge-free and seeded, on a bench of its own; its grade, and its stop drilled."""

from diapason.services.qualify.drilling import drill
from diapason.services.qualify.lines import LEVELS, NAMES, graded
from diapason.services.qualify.repeating import again
from diapason.services.qualify.running import run
from diapason.services.qualify.telling import verdict

__all__ = ["LEVELS", "NAMES", "again", "drill", "graded", "run", "verdict"]
