"""A fleet of agents: what deciding costs, and what a thousand agents cost on a line.

Run: python -m benchmarks.fleet [--quick] [--json]
"""

from benchmarks import fleet_alone
from benchmarks.frame import Result, main


def measure(quick: bool) -> list[Result]:
    """Deciding alone."""
    return fleet_alone.measured(quick=quick)


if __name__ == "__main__":
    main("fleet", measure, seeds=(0, 1))
