"""A fleet of agents: what deciding costs, and what a thousand agents cost on a line.

Deciding alone: rows of 1,000 assets x 20 tags (a mix of six sources, noise; one asset in ten slides away) to decisions,
ours beside an object per asset with numpy, Bytewax and River (each in a folder of its own, made once), and beside the
same arithmetic compiled. River does less: no spike filter, no directions, no dead band.

On a line: a Mosquitto of our own, a sender and the fleet, each a process. Every asset sends one message a tick, spread
over the tick; the fleet is `services.operate` as `diapason agent run` calls it. CPU is that of the whole process but
for journal and state, which stand beside it.

Run: python -m benchmarks.fleet [--quick] [--json]; --quick: 75 s at 1 Hz and 45 s at 10 Hz in place of 600 (packed
JSON: 120) and 120.
"""

from benchmarks import fleet_alone, fleet_line
from benchmarks.frame import Result, main


def measure(quick: bool) -> list[Result]:
    """Deciding alone, then a real line."""
    return [*fleet_alone.measured(quick=quick), *fleet_line.measured(quick=quick)]


if __name__ == "__main__":
    main("fleet", measure, seeds=(0, 1, 5, 7))
