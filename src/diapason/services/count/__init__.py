"""Count agents, datasets, scenarios, enterprises and models from evidence, here and in the bundles of others."""

from diapason.services.count.counting import explained, run
from diapason.services.count.filing import file, view

__all__ = ["explained", "file", "run", "view"]
