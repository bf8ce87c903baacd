"""Lag and clock offset between plant tags and lab results: how many planted ones are recovered within one sample.

The protocol, which sets thresholds were set on and which are reported stand in `benchmarks.planted`. The peer is plain
cross-correlation (`scipy.signal.correlate`) of both records brought to one clock; it always claims something. An
abstention is not recovered: it counts against the bar like a wrong claim, and its share is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.signal import correlate, correlation_lags

from benchmarks.frame import Result, data_folder, main
from benchmarks.planted import (
    CLEAR,
    ClockCase,
    Plant,
    Recorded,
    generated_clock,
    generated_plant,
    real_clock,
    real_plant,
    real_signals,
)
from diapason.engines.alignment.clock import clock_offset, on_reference
from diapason.engines.alignment.dead_times import Asset, dead_times
from diapason.engines.alignment.lag import Search, Status
from diapason.engines.alignment.series import Series, value_at

FIRST = 1000
SPANS = {"generated": (180.0, 600.0)}
REAL_SPANS = (60.0, 100.0)
Sets = Mapping[str, Mapping[str, Recorded]]


@dataclass(frozen=True, slots=True)
class Case:
    """One planted lag or offset, or one tag without any."""

    kind: str  # "generated", or the name of a real set
    planted: bool
    claimed: bool
    right: bool
    placeable: bool
    peer: bool  # what plain cross-correlation makes of it is right


def lag_cases(plant: Plant, kind: str) -> list[Case]:
    """Every tag of one plant."""
    span = SPANS.get(kind, REAL_SPANS)[0]
    search = Search(-span / 6, span * 7 / 6, 1.0)
    cases = []
    for lag in dead_times([Asset(plant.tags, plant.result)], search):
        claimed, truth = lag.status is Status.IDENTIFIED, plant.lags.get(lag.tag)
        if truth is None:
            cases.append(Case(kind, False, claimed, not claimed, True, False))
            continue
        peer = abs(_correlated(plant.tags[lag.tag], plant.result, search) - truth) <= 1
        right = claimed and abs(lag.lag - truth) <= 1
        cases.append(Case(kind, True, claimed, right, plant.clear[lag.tag] >= CLEAR, peer))
    return cases


def clock_case(case: ClockCase, kind: str) -> Case:
    """One other clock."""
    span = 1.3 * SPANS.get(kind, REAL_SPANS)[1]
    search = Search(-span, span, 1.0)
    known, true = clock_offset(case.reference, case.other, search), case.other.time - case.offset
    claimed = known.status is Status.IDENTIFIED
    right = claimed and float(np.mean(np.abs(on_reference(known, case.other.time) - true) <= 1)) >= 0.95
    peer = float(np.mean(np.abs(_correlated(case.reference, case.other, search) - case.offset) <= 1)) >= 0.95
    return Case(kind, True, claimed, right, case.clear >= CLEAR, peer)


def _correlated(tag: Series, result: Series, search: Search) -> float:
    """The lag by plain cross-correlation on a clock of one sample."""
    start, end = min(tag.time[0], result.time[0]), max(tag.time[-1], result.time[-1])
    clock = np.arange(start, end + 1)
    columns = [np.interp(clock, s.time, s.value) if s is result else value_at(s, clock) for s in (result, tag)]
    a, b = (np.nan_to_num((c - np.nanmean(c)) / (np.nanstd(c) or 1.0)) for c in columns)
    lags = correlation_lags(len(a), len(b))
    size = np.abs(correlate(a, b, method="fft"))
    inside = (lags >= search.first) & (lags <= search.last)
    return float(lags[inside][np.argmax(size[inside])])


def cases(sets: Sets, first: int, count: int) -> dict[str, list[Case]]:
    """`count` generated and as many real plants and clocks, a quarter as many moving ones; real sets take turns."""
    names = list(sets)
    lags, offsets, moving = [], [], []
    for seed in range(first, first + count):
        kind, foreign = names[seed % len(names)], names[(seed + 1) % len(names)]
        lags += lag_cases(generated_plant(seed), "generated")
        lags += lag_cases(real_plant(seed, sets[kind], sets[foreign]), kind)
        offsets += [clock_case(generated_clock(seed), "generated"), clock_case(real_clock(seed, sets[kind]), kind)]
        if seed % 4 == 0:
            turn = names[seed // 4 % len(names)]
            moving += [
                clock_case(generated_clock(seed, moving=True), "generated"),
                clock_case(real_clock(seed, sets[turn], moving=True), turn),
            ]
    return {"lag": lags, "offset": offsets, "moving": moving}


def share(found: list[Case], what: str) -> float:
    """Part of the cases of which `what` is true."""
    return float(np.mean([getattr(c, what) for c in found])) if found else float("nan")


def _rows(name: str, what: str, found: list[Case], *, bar: bool) -> list[Result]:
    planted = [c for c in found if c.planted]
    placed = [c for c in planted if c.placeable]
    right = share(placed, "right")
    said = ">= 0.95" if bar else ""
    rows = [
        Result(
            f"join.{name}",
            f"{what} recovered, of {len(placed)} the data can place",
            right,
            said,
            "1",
            right >= 0.95 if bar else None,
        ),
        Result(
            f"join.{name}.all",
            f"of all {len(planted)}, those beyond the data too",
            share(planted, "right"),
            "",
            "1",
            None,
        ),
        Result(f"join.{name}.peer", "the same by plain cross-correlation", share(placed, "peer"), "", "1", None),
        Result(f"join.{name}.abstained", "abstained; counts as missed", 1 - share(placed, "claimed"), "", "1", None),
        Result(f"join.{name}.wrong", "claimed and wrong", share(placed, "claimed") - right, "", "1", None),
    ]
    for kind in sorted({c.kind for c in placed}):
        some = [c for c in placed if c.kind == kind]
        rows.append(Result(f"join.{name}.{kind}", f"of {len(some)} of {kind}", share(some, "right"), "", "1", None))
    return rows


def measure(quick: bool) -> list[Result]:
    """All cases of the reported half; `quick` takes an eighth of the seeds."""
    found = cases(real_signals(data_folder(), "reported"), FIRST, 20 if quick else 160)
    strangers = [c for c in found["lag"] if not c.planted]
    return [
        *_rows("lag", "lags", found["lag"], bar=True),
        Result(
            "join.lag.strangers",
            f"lags claimed of {len(strangers)} unrelated tags",
            share(strangers, "claimed"),
            "",
            "1",
            None,
        ),
        *_rows("offset", "clock offsets", found["offset"], bar=True),
        *_rows("moving", "clocks that drift or jump", found["moving"], bar=False),
    ]


if __name__ == "__main__":
    main("join", measure, seeds=(FIRST,))
