"""From the true record to readings: derived signals, then lag, drift, noise, range, resolution of each transmitter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from diapason.engines.plant.cell import LOOPS, Cell
from diapason.engines.plant.machines import Compressor, Pump
from diapason.engines.plant.surroundings import Day
from diapason.engines.plant.tags import TAGS
from diapason.engines.plant.workshop import vibration

__all__ = ["RECORD", "Instruments", "record", "signals"]

Array = NDArray[np.float64]

_STILL = ("lic201", "pic211", "lic301")
"""Loops whose set point never moves, and is no tag."""

_LOOP_FIELDS = tuple(
    f"{name}.{part}" for name in LOOPS for part in ("pv", "sp", "out") if part != "sp" or name not in _STILL
)
RECORD = (
    *_LOOP_FIELDS,
    "tank.mass", "tank.temperature", "feed.share_a", "feed", "feed_pump.wear", "feed_pump.running",
    "reactor.temperature", "jacket", "water.flow", "hydrogen", "reactor.mass",
    "buffer", "compressor.flow", "compressor.wear", "compressor.running",
    "product", "vapour", "flash.temperature", "flash.solvent", "product_pump.wear", "product_pump.running",
)  # fmt: skip
"""Columns of the true record, one row per step."""


def record(cell: Cell) -> tuple[float, ...]:  # roomy: a list of fields
    """One row of the true record: what the instruments will look at."""
    f, p, q, t = cell.fic101, cell.tic103, cell.lic201, cell.tic201
    g, h, i, j, k = cell.pic201, cell.pic211, cell.tic301, cell.pic301, cell.lic301
    tank, reactor, flash = cell.tank, cell.reactor, cell.flash
    pump, machine, out = cell.feed_pump, cell.compressor, cell.product_pump
    return (
        f.pv, f.sp, f.out, p.pv, p.sp, p.out, q.pv, q.out, t.pv, t.sp, t.out, g.pv, g.sp, g.out,
        h.pv, h.out, i.pv, i.sp, i.out, j.pv, j.sp, j.out, k.pv, k.out,
        tank.mass, tank.temperature, tank.share_a + cell.feed_shift, cell.feed, pump.wear, pump.running,
        reactor.temperature, reactor.jacket, cell.water, cell.hydrogen, reactor.mass,
        cell.buffer_pressure, machine.flow, machine.wear, machine.running,
        cell.product, flash.vapour, flash.temperature, flash.solvent / flash.mass, out.wear, out.running,
    )  # fmt: skip


def signals(cell: Cell, rows: Array, day: Day) -> dict[str, Array]:
    """Every source that a tag may name, shape (n,) each, from the record of one day."""
    got = dict(zip(RECORD, rows.T, strict=True))
    share, warm = got["feed.share_a"], got["tank.temperature"]
    wet, hot = got["flash.solvent"], got["flash.temperature"]
    return {
        **{name: got[name] for name in _LOOP_FIELDS},
        **_pumped("feed", cell.feed_pump, got, 1.2, 2.1),
        **_pumped("product", cell.product_pump, got, 0.5, 2.3),
        **_compressed(got, day),
        "tank.level": got["tank.mass"] / 1500.0,
        "tank.temperature": warm,
        "feed.density": (1 - 9e-4 * (warm - 20)) / (share / 922.0 + (1 - share) / 786.0),
        "reactor.temperature": got["reactor.temperature"],
        "reactor.jacket": got["jacket"],
        "water": day.water,
        "jacket.flow": got["water.flow"] * 3.6,
        "hydrogen.flow": got["hydrogen"] * 3600 * 22.414,
        "agitator.current": 18.0 + 1.1e-3 * got["reactor.mass"],
        "suction": day.hydrogen,
        "product.flow": got["product"] * 3.6,
        "overhead.flow": got["vapour"] * 3.6,
        "product.density": (1 - 8.5e-4 * (hot - 20)) / (wet / 786.0 + (1 - wet) / 889.0),
        "ambient": day.ambient,
        "steam": day.steam,
    }


def _pumped(name: str, pump: Pump, got: Mapping[str, Array], suction: float, amperes: float) -> dict[str, Array]:
    """Discharge pressure (bar), motor current (A) and vibration (mm/s) of a pump."""
    flow, wear, running = got[name], got[f"{name}_pump.wear"], got[f"{name}_pump.running"]
    power = pump.power(flow, wear, running)
    return {
        f"{name}.discharge": suction + pump.rise(flow, wear, running),
        f"{name}.current": running * np.hypot(0.7 * amperes, amperes * power / 0.9),
        f"{name}.vibration": _shaking(wear, flow / pump.best),
    }


def _compressed(got: Mapping[str, Array], day: Day) -> dict[str, Array]:
    """Discharge temperature (Cel), power (kW) and vibration (mm/s) of the compressor."""
    wear, flow, inlet = got["compressor.wear"], got["compressor.flow"], day.ambient + 6.0
    outlet = Compressor.outlet(day.hydrogen, got["buffer"], inlet, wear, got["compressor.running"])
    return {
        "compressor.outlet": outlet,
        "compressor.power": flow * 29.1 * (outlet - inlet) / 0.9 + 2.0 * got["compressor.running"],
        "compressor.vibration": _shaking(wear, flow / 6e-3),
    }


def _shaking(wear: Array, load: Array) -> Array:
    return np.where(load > 0.03, vibration(wear, load), 0.15)


@dataclass(slots=True)
class Instruments:
    """Remembers lags and drifts from one call to the next."""

    seed: int
    step: float  # s
    _lagged: dict[str, Array] = field(default_factory=dict)
    _drifts: dict[str, float] = field(default_factory=dict)

    def read(self, cell: Cell, rows: Array, day: Day, number: int) -> Mapping[str, Array]:
        """Readings of day `number` from its true record, shape (n, len(RECORD)); tag to (n,)."""
        rng = np.random.default_rng([self.seed, 3, number])
        seen, n = signals(cell, rows, day), len(rows)
        readings: dict[str, Array] = {}
        for tag in TAGS:
            value = seen[tag.source]
            if tag.lag:
                value = self._follow(tag.name, value, tag.lag)
            if tag.drift:
                value = value + self._drift(tag.name, tag.drift, n, rng)
            if tag.noise or tag.share:
                value = value + rng.standard_normal(n) * (tag.noise + tag.share * np.abs(value))
            per_unit = round(1.0 / tag.resolution)
            readings[tag.name] = np.rint(np.clip(value, tag.low, tag.high) * per_unit) / per_unit
        return readings

    def memory(self) -> tuple[dict[str, float], dict[str, float]]:
        """Where each lag and each drift stands now, by tag: for instruments that go on from here."""
        keeps = {tag.name: float(np.exp(-self.step / tag.lag)) for tag in TAGS if tag.lag}
        lags = {name: float(self._lagged[name][0]) / keep for name, keep in keeps.items() if name in self._lagged}
        return lags, dict(self._drifts)

    def _follow(self, name: str, value: Array, lag: float) -> Array:
        keep = float(np.exp(-self.step / lag))
        before = self._lagged.get(name, np.array([keep * value[0]]))
        followed, self._lagged[name] = lfilter([1.0 - keep], [1.0, -keep], value, zi=before)
        return np.asarray(followed)

    def _drift(self, name: str, spread: float, n: int, rng: np.random.Generator) -> Array:
        """A straight line from last midnight's offset to the next one."""
        before = self._drifts.get(name, 0.0)
        after = before * np.exp(-1 / 60.0) + spread * float(rng.standard_normal())
        self._drifts[name] = after
        return np.linspace(before, after, n, endpoint=False)
