"""Where the enterprise stands in a model of maturity, and the road from there."""

from diapason.services.appraise.roads import roadmap
from diapason.services.appraise.running import again, listed, run
from diapason.services.maturity import names

__all__ = ["again", "listed", "names", "roadmap", "run"]
