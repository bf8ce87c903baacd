"""Product batches, drums, and which feed lots are in them: tracers through tank, reactor and flash."""

from dataclasses import dataclass, field

from diapason.engines.plant.cell import Cell

__all__ = ["Batch", "Batches"]

_LASTS = 8 * 3600.0  # s
DRUM = 1000.0  # kg


@dataclass(slots=True)
class Batch:
    """What is collected in one product tank before it is drummed."""

    name: str
    grade: str
    crew: str
    started: float  # s
    ended: float = -1.0
    mass: float = 0.0  # kg
    off_spec: bool = False  # begun in a changeover or a start-up
    lots: dict[str, float] = field(default_factory=dict)  # kg of product that came from each lot

    def drums(self) -> int:
        """Intermediate bulk containers filled, the last one partly."""
        return max(int(-(-self.mass // DRUM)), 1)


@dataclass(slots=True)
class Batches:
    """Follows each lot's share of the liquid; a share moves with every flow and never gets lost."""

    made: list[Batch] = field(default_factory=list)
    open: Batch | None = None
    tank: dict[str, float] = field(default_factory=lambda: {"L0000": 1.0})  # shares
    reactor: dict[str, float] = field(default_factory=lambda: {"L0000": 1.0})
    flash: dict[str, float] = field(default_factory=lambda: {"L0000": 1.0})
    _fed: float = 0.0
    _drawn: float = 0.0
    _product: float = 0.0

    def tick(self, at: float, dt: float, cell: Cell, lot: str, label: tuple[str, str]) -> None:
        """Account for what flowed since the last tick, `dt` seconds ago; `label` is grade and crew of a new batch."""
        totals = cell.totals
        fed, drawn, product = totals.fed - self._fed, totals.drawn - self._drawn, totals.product - self._product
        self._fed, self._drawn, self._product = totals.fed, totals.drawn, totals.product
        _blend(self.tank, {lot: 1.0}, fed / cell.tank.mass)
        _blend(self.reactor, self.tank, drawn / cell.reactor.mass)
        _blend(self.flash, self.reactor, drawn / 2.0 / cell.flash.mass)
        if self.open is None and product > 60.0:
            self.open = Batch(f"B{len(self.made) + 1:05d}", *label, at - dt)
            self.made.append(self.open)
        batch = self.open
        if batch:
            batch.mass += product
            for name, share in self.flash.items():
                batch.lots[name] = batch.lots.get(name, 0.0) + share * product
            if at - batch.started >= _LASTS:
                self.close(at)

    def close(self, at: float) -> None:
        """End the open batch, if any."""
        if self.open:
            self.open.ended = at
            self.open = None


def _blend(into: dict[str, float], what: dict[str, float], part: float) -> None:
    """Let `part` of a vessel's holdup be what has just come in; of more than eight, traces join the largest."""
    part = min(max(part, 0.0), 1.0)
    if not part:
        return
    keep = 1.0 - part
    for name in into:
        into[name] *= keep
    for name, share in what.items():
        into[name] = into.get(name, 0.0) + part * share
    if len(into) > 8:
        largest = max(into, key=lambda n: into[n])
        for name in [n for n, s in into.items() if s < 1e-3 and n not in what]:
            into[largest] += into.pop(name)
