"""Faults of the plant itself, planted with known truth: they change the physics, not the record."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from diapason.engines.plant.cell import Cell
from diapason.engines.plant.wear import Wear
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["FAULTS", "Fault", "FaultKind", "Faults", "fault_menu"]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What a fault is, where it can be, and how strong it comes."""

    title: Text
    places: tuple[str, ...]  # asset or loop
    strength: tuple[float, float]  # lowest and highest of the menu
    unit: str  # of the strength
    days: tuple[float, float]  # shortest and longest of the menu
    sign: Text  # where to look for it
    ramp: bool = False  # grows over its window; else there at once


FAULTS = {
    "fouling": FaultKind(
        Text("Exchanger fouls quickly", "换热器快速结垢"),
        ("E-101", "R-101", "E-301"),
        (0.3, 0.6),
        "share of clean UA lost",
        (4, 14),
        Text("the valve opens further for the same duty", "相同负荷下阀门开度变大"),
        ramp=True,
    ),
    "bearing_wear": FaultKind(
        Text("Pump bearing wears quickly", "泵轴承快速磨损"),
        ("P-101", "P-301"),
        (0.5, 0.9),
        "wear added, 1 = failure",
        (3, 10),
        Text("vibration and motor current rise", "振动和电机电流升高"),
        ramp=True,
    ),
    "valve_leak": FaultKind(
        Text("Compressor valves leak", "压缩机气阀泄漏"),
        ("K-201",),
        (0.4, 0.8),
        "wear added, 1 = failure",
        (3, 10),
        Text("discharge temperature rises, spill-back closes", "排气温度升高，回流阀关小"),
        ramp=True,
    ),
    "stiction": FaultKind(
        Text("Control valve sticks", "调节阀黏滞"),
        ("FIC-101", "LIC-201", "TIC-201", "LIC-301"),
        (2.0, 8.0),
        "% of travel",
        (1, 6),
        Text("output ramps while the measurement cycles", "输出缓变而测量值循环波动"),
    ),
    "leak": FaultKind(
        Text("Hydrogen leaks from the reactor", "反应器氢气泄漏"),
        ("R-101",),
        (0.05, 0.25),
        "share of normal uptake",
        (0.5, 3),
        Text("hydrogen flow exceeds what the reaction takes", "氢气流量超过反应消耗"),
    ),
    "poisoning": FaultKind(
        Text("Catalyst is poisoned", "催化剂中毒"),
        ("R-101",),
        (0.2, 0.5),
        "share of activity lost",
        (2, 8),
        Text("residual A in the lab rises", "化验残余原料升高"),
    ),
    "mistuning": FaultKind(
        Text("Controller is badly tuned", "控制器整定不当"),
        ("FIC-101", "TIC-103", "TIC-201", "PIC-201", "TIC-301"),
        (0.85, 1.0),
        "share of the stability margin used up",
        (0.5, 3),
        Text("output and measurement swing", "输出与测量值振荡"),
    ),
    "feed_change": FaultKind(
        Text("Feed composition changes", "进料组成变化"),
        ("TK-101",),
        (-0.05, 0.05),
        "mass fraction of A",
        (0.5, 3),
        Text("hydrogen flow and heat of reaction follow", "氢耗和反应热随之变化"),
    ),
    "cooling_loss": FaultKind(
        Text("Cooling water is lost in part", "冷却水部分丧失"),
        ("R-101",),
        (0.3, 0.7),
        "share of supply",
        (0.2, 1.5),
        Text("the jacket valve opens, temperature follows", "夹套阀门开大，温度随之变化"),
    ),
    "transmitter_drift": FaultKind(
        Text("A controlled transmitter drifts", "受控变送器漂移"),
        ("TIC-201", "FIC-101", "TIC-301"),
        (2.0, 5.0),
        "% of reading",
        (3, 12),
        Text("the true value leaves the set point while the reading stays", "读数不变而真实值偏离设定值"),
        ramp=True,
    ),
}
"""The menu: kind of fault to what it is."""

_MENDED = {"bearing_wear": "", "valve_leak": "", "fouling": "", "poisoning": "catalyst"}
"""Kinds that end when maintenance renews their place (or the catalyst)."""

_LIMITS = {"FIC-101": 2.05, "TIC-103": 6.0, "TIC-201": 16.0, "PIC-201": 2.05, "TIC-301": 20.0}
"""Factor on gain and on integral action at which each loop cycles by itself; found by raising it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted fault: from day `start` (counted from the beginning) for `days`."""

    kind: str
    place: str
    start: float  # days
    days: float
    strength: float

    def __post_init__(self) -> None:
        known = FAULTS.get(self.kind)
        if known is None:
            raise _unknown(Text(f"no fault '{self.kind}'", f"没有故障“{self.kind}”"), tuple(FAULTS))
        if self.place not in known.places:
            what = Text(f"{self.kind} cannot be at {self.place}", f"{self.kind} 不能发生在 {self.place}")
            raise _unknown(what, known.places)
        if not self.days > 0:
            what = Text(f"a fault of {self.days:g} days", f"故障持续 {self.days:g} 天")
            raise DataError(what, at="fault menu", fix=Text("choose more than 0 days", "请取大于 0 的天数"))

    def now(self, day: float) -> float:
        """Strength at this moment; 0 outside the window."""
        done = (day - self.start) / self.days
        if not 0.0 <= done < 1.0:
            return 0.0
        return self.strength * done if FAULTS[self.kind].ramp else self.strength


def _unknown(what: Text, choices: tuple[str, ...]) -> DataError:
    known = ", ".join(choices)
    return DataError(what, at="fault menu", fix=Text(f"choose one of: {known}", f"可选：{known}"))


def fault_menu(seed: int, days: float, *, every: float = 12.0) -> tuple[Fault, ...]:
    """A seeded sequence of faults, about one each `every` days, kinds in turn; its beginning does not depend on `days`.

    >>> fault_menu(7, 30) == fault_menu(7, 300)[: len(fault_menu(7, 30))]
    True
    """
    rng = np.random.default_rng([seed, 2])
    made: list[Fault] = []
    order: list[str] = []
    at = float(rng.uniform(0.3, 0.7)) * every
    while True:
        if not order:
            order = rng.permutation(list(FAULTS)).tolist()
        kind = order.pop()
        known = FAULTS[kind]
        place = str(rng.choice(known.places))
        fault = Fault(kind, place, round(at, 3), float(rng.uniform(*known.days)), _strength(known, rng))
        at += every * float(rng.uniform(0.7, 1.3))
        if fault.start >= days:
            return tuple(made)
        made.append(fault)


def _strength(kind: FaultKind, rng: np.random.Generator) -> float:
    low, high = kind.strength
    if low < 0:
        return float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.5, 1.0)) * high
    return float(rng.uniform(low, high))


@dataclass(slots=True)
class Faults:
    """Writes natural condition plus planted faults into the cell."""

    planted: Sequence[Fault]
    ended: dict[Fault, float] = field(default_factory=dict)  # day on which maintenance ended it before its time
    _tuned: dict[str, tuple[float, float]] = field(default_factory=dict)

    def apply(self, cell: Cell, wear: Wear, at: float) -> None:
        """Set every condition of the cell as it is at this moment (s)."""
        day = at / 86400
        total: dict[tuple[str, str], float] = {}
        for fault in self.planted:
            if fault not in self.ended and fault.start <= day < fault.start + fault.days:
                mended = wear.renewed.get(_MENDED.get(fault.kind, "") or fault.place, 0.0) / 86400
                if fault.kind in _MENDED and mended > fault.start:
                    self.ended[fault] = mended
                    continue
                total[fault.kind, fault.place] = total.get((fault.kind, fault.place), 0.0) + fault.now(day)
        self._machines(cell, wear, total)
        self._vessels(cell, wear, total)
        for name, natural in wear.stems.items():
            getattr(cell, name).stiction = natural + (total.get(("stiction", _tag(name)), 0.0) if total else 0.0)
        if self.planted:
            self._loops(cell, total)

    @staticmethod
    def _machines(cell: Cell, wear: Wear, total: dict[tuple[str, str], float]) -> None:
        for name, machine in cell.machines().items():
            wears = wear.machine[name]
            if total:
                wears += total.get(("bearing_wear", name), 0.0) + total.get(("valve_leak", name), 0.0)
            machine.wear = wears if wears < 1.0 else 1.0

    @staticmethod
    def _vessels(cell: Cell, wear: Wear, total: dict[tuple[str, str], float]) -> None:
        reactor = cell.reactor
        for name, vessel in (("E-101", cell.preheater), ("R-101", reactor), ("E-301", cell.flash_heater)):
            lost = min(total.get(("fouling", name), 0.0), 0.9)
            vessel.fouling = wear.fouling[name] + lost / (1.0 - lost) / vessel.clean
        poisoned = 1.0 - min(total.get(("poisoning", "R-101"), 0.0), 0.9)
        reactor.activity = wear.catalyst * poisoned / (1.0 + 0.07 * cell.tank.poison)
        reactor.leak = total.get(("leak", "R-101"), 0.0) * 4e-3 / 20.0
        cell.feed_shift = total.get(("feed_change", "TK-101"), 0.0)
        cell.water_share = 1.0 - min(total.get(("cooling_loss", "R-101"), 0.0), 0.95)

    def _loops(self, cell: Cell, total: dict[tuple[str, str], float]) -> None:
        for place in FAULTS["transmitter_drift"].places:
            loop = getattr(cell, _field(place))
            loop.bias = loop.sp * total.get(("transmitter_drift", place), 0.0) / 100.0
        for place in FAULTS["mistuning"].places:
            used = total.get(("mistuning", place), 0.0)
            self._tune(cell, _field(place), 1.0 + used * (_LIMITS[place] - 1.0) if used else 0.0)

    def _tune(self, cell: Cell, name: str, factor: float) -> None:
        loop = getattr(cell, name)
        if factor and name not in self._tuned:
            self._tuned[name] = (loop.gain, loop.reset)
            loop.tune(loop.gain * factor, loop.reset / factor)
        elif not factor and name in self._tuned:
            loop.tune(*self._tuned.pop(name))


def _field(tag: str) -> str:
    """`TIC-201` to `tic201`."""
    return tag.replace("-", "").lower()


def _tag(name: str) -> str:
    return f"{name[:-3].upper()}-{name[-3:]}"
