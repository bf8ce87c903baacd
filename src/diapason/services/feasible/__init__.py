"""What is reachable before anything is mended: noise floor, learning curve, sensors, verdict for a wish."""

from diapason.services.feasible.running import known, run

__all__ = ["known", "run"]
