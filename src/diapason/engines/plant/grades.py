"""What is made, from what, and by whom: grades and campaigns, feed lots, crews with their habits."""

from dataclasses import dataclass, field
from math import exp

import numpy as np

from diapason.engines.plant.vessels import FeedTank

__all__ = ["CREWS", "GRADES", "Campaigns", "Crew", "Crews", "Deliveries", "Grade", "Lot"]


@dataclass(frozen=True, slots=True)
class Grade:
    """Set points of one product grade and what the lab should find."""

    name: str
    reactor: float  # Cel
    feed: float  # t/h
    pressure: float  # bar
    flash: float  # Cel
    vacuum: float  # bar
    residual: float  # % A that the operators aim at
    by_product: float  # % C that they tolerate
    lowest: float  # % purity of a release


GRADES = (
    Grade("TK-92", 120.0, 4.5, 20.0, 128.0, 0.50, 5.2, 3.4, 90.5),
    Grade("TK-94", 121.0, 3.7, 22.0, 133.0, 0.45, 3.6, 4.6, 91.0),
    Grade("TK-90S", 115.0, 4.9, 19.0, 120.0, 0.50, 7.0, 2.4, 88.5),
)
_NEXT = np.array([0.5, 0.3, 0.2])  # share of campaigns


@dataclass(slots=True)
class Campaigns:
    """Which grade runs; a campaign lasts 1.5 to 6 days and the next is another grade."""

    rng: np.random.Generator
    now: Grade = GRADES[0]
    until: float = 0.0  # s

    def __post_init__(self) -> None:
        self.until = float(self.rng.uniform(1.0, 4.0)) * 86400

    def tick(self, at: float) -> bool:
        """True when a new campaign begins at this moment (s)."""
        if at < self.until:
            return False
        weights = np.where([g is self.now for g in GRADES], 0.0, _NEXT)
        self.now = GRADES[int(self.rng.choice(len(GRADES), p=weights / weights.sum()))]
        self.until = at + float(self.rng.uniform(1.5, 6.0)) * 86400
        return True


@dataclass(frozen=True, slots=True)
class Crew:
    """Set-point habits of one crew: what it adds to the grade's recipe."""

    name: str
    reactor: float  # K
    feed: float  # share
    flash: float  # K
    eager: float  # how far it moves the temperature after a lab result, 1 = by the book


CREWS = ("A", "B", "C", "D")


@dataclass(slots=True)
class Crews:
    """Four crews in three shifts (06, 14, 22 h), two days each."""

    rng: np.random.Generator
    crews: tuple[Crew, ...] = ()
    now: Crew = field(init=False)

    def __post_init__(self) -> None:
        spread = np.array([0.9, 0.015, 0.9])
        habits = self.rng.standard_normal((len(CREWS), 3)).clip(-1.8, 1.8) * spread
        eager = self.rng.uniform(0.4, 1.6, len(CREWS))
        made = zip(CREWS, *habits.T.tolist(), eager.tolist(), strict=True)
        self.crews = tuple(Crew(*habit) for habit in made)
        self.now = self.crews[0]

    def tick(self, at: float) -> bool:
        """True when another crew takes over at this moment (s since a midnight)."""
        shift = int((at / 3600 - 6) // 8)
        crew = self.crews[(shift // 6 + shift % 3) % 4]
        changed = crew is not self.now
        self.now = crew
        return changed


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot of feed as delivered."""

    name: str
    supplier: str
    arrived: float  # s
    mass: float  # kg
    share_a: float  # mass fraction
    poison: float  # mg/kg


@dataclass(slots=True)
class Deliveries:
    """Lorries fill the tank when there is room; two suppliers, each with its own strength and poison."""

    rng: np.random.Generator
    lots: list[Lot] = field(default_factory=list)
    left: float = 0.0  # kg still to be unloaded

    def __post_init__(self) -> None:
        self.lots.append(Lot("L0000", "Norden", 0.0, 70_000.0, 0.45, 1.0))

    def tick(self, at: float, tank: FeedTank, ambient: float, dt: float) -> None:
        """Begin, go on with or end unloading."""
        self.left = max(self.left - tank.filling * dt, 0.0)
        if self.left < 1.0 and tank.mass < 72_000.0:
            self._arrive(at, tank, ambient)
        tank.filling = min(12.0, self.left / dt)

    def _arrive(self, at: float, tank: FeedTank, ambient: float) -> None:
        norden = self.rng.random() < 0.65
        mean, spread, dirt = (0.452, 0.0035, 0.8) if norden else (0.443, 0.006, 1.5)
        share = mean + spread * float(self.rng.standard_normal())
        poison = dirt * exp(0.45 * float(self.rng.standard_normal()))
        mass = 24_000.0 * int(self.rng.integers(2, 4)) * float(self.rng.uniform(0.97, 1.0))
        supplier = "Norden" if norden else "Hailan"
        self.lots.append(Lot(f"L{len(self.lots):04d}", supplier, at, mass, share, poison))
        self.left = mass
        tank.lot_share_a, tank.lot_poison, tank.lot_temperature = share, poison, ambient + 3.0
