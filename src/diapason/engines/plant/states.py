"""Tags of a live cell that are no measurements: modes of loops and assets, trips, what runs."""

from dataclasses import dataclass

from diapason.engines.plant.cell import LOOPS, Cell
from diapason.engines.plant.running import Running
from diapason.engines.plant.tags import ASSETS, TAGS
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind

__all__ = ["AUTOMATIC", "LOOP_TAGS", "MANUAL", "STATE_TAGS", "State", "states"]

AUTOMATIC, MANUAL = "automatic", "manual"

LOOP_TAGS = {f"{name[:3]}-{name[3:]}".upper(): name for name in LOOPS}
"""Tag of a loop, such as TIC-201, to its name in the cell."""

_ASSET_OF = {tag.name.partition(".")[0]: tag.asset for tag in TAGS}
_MODES = {"stop": "stopped", "heat": "starting"}
_MACHINES = ("P-101", "P-301", "K-201")


@dataclass(frozen=True, slots=True)
class State:
    """A tag that says how things stand."""

    name: str
    asset: str
    title: Text
    kind: Kind
    writable: bool = False


def _listed() -> tuple[State, ...]:
    made = []
    for loop in LOOP_TAGS:
        mode, auto = Text(f"{loop} mode", f"{loop} 控制方式"), Text(f"{loop} in automatic", f"{loop} 自动")
        made.append(State(f"{loop}.AUTO", _ASSET_OF[loop], auto, Kind.SWITCH, writable=True))
        made.append(State(f"{loop}.MODE", _ASSET_OF[loop], mode, Kind.TEXT))
    trip = Text("Reactor high temperature trip", "反应器高温联锁")
    made.append(State("XS-201", "R-101", trip, Kind.SWITCH))
    for name in _MACHINES:
        made.append(State(f"{name}.RUN", name, Text(f"{name} runs", f"{name} 运行"), Kind.SWITCH))
    for asset in ASSETS:
        made.append(State(f"{asset}.MODE", asset, Text(f"{asset} mode", f"{asset} 运行方式"), Kind.TEXT))
    made.append(State("U-001.GRADE", "U-001", Text("Grade that is made", "在产牌号"), Kind.TEXT))
    made.append(State("U-001.CREW", "U-001", Text("Crew on shift", "当班班组"), Kind.TEXT))
    return tuple(made)


STATE_TAGS = _listed()
"""In the order of `states`."""


def states(one: Running) -> list[float | str]:
    """How things stand now: 1.0 or 0.0 for switches, words for texts."""
    cell, operations = one.plant.cell, one.plant.operations
    found: list[float | str] = []
    manual = set()
    for loop, name in LOOP_TAGS.items():
        automatic = getattr(cell, name).auto
        found += [float(automatic), AUTOMATIC if automatic else MANUAL]
        if not automatic:
            manual.add(_ASSET_OF[loop])
    found.append(float(cell.tripped))
    found += [float(cell.machines()[name].running) for name in _MACHINES]
    found += [_mode(cell, operations.mode, asset in manual) for asset in ASSETS]
    return [*found, operations.campaigns.now.name, operations.crews.now.name]


def _mode(cell: Cell, mode: str, manual: bool) -> str:
    if cell.tripped:
        return "tripped"
    return _MODES.get(mode) or (MANUAL if manual else AUTOMATIC)
