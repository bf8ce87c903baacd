"""The gateway under attack: hostile proposals against the real list and the real service, judged by the plant itself.

Two parts, one plant of physics behind each. In the first the list alone decides, as fast as it can: proposals that would
pass are turned into ones that must not, by twenty families (`gateway_hostile`), between honest ones that do move the
plant; whatever is allowed is written to the plant, which keeps every write and judges it by itself (`gateway_plant`):
limits, step, rate, rest, number a day, kind of number. In the second three processes at once drive the whole service with
its real ledger, keys, files and locks against one plant outside of them all: strange values, forged signatures, approvals
and levels put into the ledger, envelopes changed and put back, replays, races for approved actions, clocks that jump,
stops made and released in between. Then a process that acts alone as fast as it can is stopped at random moments, and
writes are undone on the living cell. A rate of which no event was seen in n trials is below 3/n (95 %).

Run: python -m benchmarks.gateway [--quick] [--json]; --quick: 100,000 and 200 proposals instead of 300,000 and 1,500.
"""

import asyncio
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.frame import Result, main
from benchmarks.gateway_hostile import FAMILIES, hostile
from benchmarks.gateway_plant import ASSET, BOUNDS, CellPlant
from benchmarks.gateway_service import attacked, drilled, made, undone
from diapason.engines.safety import Done, Look, Response, Situation, foreseen, judge, rule_of_three
from diapason.vocabulary.acting import Autonomy, Envelope, Interlock, Manifest, Permission, Proposal, Relation, Right

SEED = 61
TAG, PV = "TIC-201.SP", "TIC-201.PV"
HONEST = 0.03
"""Share of honest proposals between the hostile ones."""
_SECOND = 1_000_000
_UNIT, _LOW, _HIGH, _STEP, _RATE, _REST, _DAY = BOUNDS[TAG]
ENVELOPE = Envelope(
    *(ASSET, TAG, _UNIT, _LOW, _HIGH, _STEP, _RATE, _REST, _DAY),
    interlocks=(Interlock(PV, Relation.BELOW, 140.0, "Cel", freshest=10.0, low=0.0, high=200.0),),
    near=0.01,
)
MANIFEST = Manifest(
    *("advice", 1, "a" * 64, "wang", "2036-01-01T00:00:00+00:00", ASSET, ""),
    (Permission(Right.WRITE, ASSET, TAG, Autonomy.A4),),
    budget={"proposals_per_day": 1e9},
)
_TWIN = (Response(PV, "Cel", gain=1.0, doubt=0.2, lag=600.0, after=0.0, noise=1.0),)


@dataclass
class Arena:
    """The list before a plant, with a clock of its own."""

    rng: random.Random
    plant: CellPlant = field(default_factory=CellPlant)
    now: int = 1_795_000_000 * _SECOND
    recent: list[Done] = field(default_factory=list)
    through: dict[str, int] = field(default_factory=dict)  # hostile ones that were allowed, by family
    honest: int = 0
    moved: int = 0

    def proposal(self, number: int) -> tuple[Proposal, Situation]:
        """One that would pass, as the plant stands now."""
        self.now += self.rng.randrange(_SECOND // 5, 400 * _SECOND)
        old = self.plant.value(TAG)
        step = self.rng.uniform(0.01, 0.99 * _STEP) * self.rng.choice((-1, 1))
        new = old + step if _LOW <= old + step <= _HIGH else old - step
        made = Proposal(
            f"k{number}", "advice", ASSET, TAG, old, new, "Cel", self.now - _SECOND, self.now + 900 * _SECOND
        )
        self.recent = [d for d in self.recent if self.now - d.at < 86_400 * _SECOND]
        pv = self.plant.value(PV)
        scene = Situation(
            now=self.now,
            digest=f"{number:064x}",
            manifest=MANIFEST,
            signer=MANIFEST.keyid,
            level=Autonomy.A4,
            envelope=ENVELOPE,
            readings={TAG: Look(old, "Cel", self.now, self.now), PV: Look(pv, "Cel", self.now, self.now)},
            mode="automatic",
            recent=tuple(self.recent),
            asked_today=1,
            forecast=foreseen(_TWIN, new - old, {PV: pv}, 900.0),
            watched=True,
            stops=(),
        )
        return made, scene

    def one(self, number: int) -> None:
        """One proposal, honest or not; what is allowed is written to the plant."""
        p, s = self.proposal(number)
        name = ""
        if self.rng.random() >= HONEST:
            name, (p, s) = hostile(self.rng, p, s)
        if not judge(p, s).allowed:
            self.honest += not name
            return
        if name:
            self.through[name] = self.through.get(name, 0) + 1
        self.honest += not name
        self.moved += not name
        self.recent.append(Done(p.key, "advice", s.now, float(p.old), float(p.new)))
        self.plant.take(p.tag, p.new, s.now / 1e6)
        self.plant.live(1)


def _list(count: int) -> tuple[Arena, float]:
    arena = Arena(random.Random(SEED))  # a benchmark's dice
    begin = time.process_time()
    for number in range(count):
        arena.one(number)
    return arena, time.process_time() - begin


def measure(quick: bool) -> list[Result]:
    """Both parts, then the undoing."""
    count = 105_000 if quick else 300_000  # of which some are honest, in between
    fought = _with_honest(count)
    arena, seconds = _list(fought)
    tried, outside = fought - arena.honest, len(arena.plant.watch.complaints)
    results = [
        _bar(
            "list.proposals",
            f"hostile proposals to the list, {len(FAMILIES)} families",
            tried,
            ">= 100000",
            tried >= 100_000,
        ),
        _bar("list.through", "of them allowed", sum(arena.through.values()), "0", not arena.through),
        _bar("list.outside", "writes that the plant itself found outside", outside, "0", outside == 0),
        _free("list.moved", "honest writes in between, which did move it", arena.moved, ""),
        _free("list.limit", "upper limit of the rate that gets through (95 %)", rule_of_three(tried), ""),
        _free("list.speed", "CPU per proposal, its making and the plant included", seconds / fought * 1e6, "us"),
    ]
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder:
        seen = attacked(Path(folder), seed=SEED, count=200 if quick else 1500)
        stops = 10 if quick else 40
        ran = drilled(Path(folder), seed=SEED, count=stops)
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder:
        back = asyncio.run(undone(made(Path(folder)).parent, 20 if quick else 100))
    lost = f"of {seen.hostile} hostile proposals through the service"
    return [
        *results,
        _bar("service.outside", f"writes that the plant found outside, {lost}", seen.outside, "0", seen.outside == 0),
        _bar("service.through", f"that moved the plant, {lost}", seen.through, "0", seen.through == 0),
        _bar(
            "service.twice",
            f"approved actions not done exactly once, of {seen.raced} raced for",
            seen.twice,
            "0",
            not seen.twice,
        ),
        _bar("service.defects", "errors that nobody foresaw", seen.defects, "0", seen.defects == 0),
        _free("service.limit", "upper limit of the rate that moves the plant (95 %)", rule_of_three(seen.hostile), ""),
        _free("service.moved", "honest writes in between", seen.moved, ""),
        _free("service.time", "median of a whole submission, ledger included", seen.median * 1e3, "ms"),
        _bar("stop.during", f"writes during {seen.stops} stops under attack", seen.late, "0", seen.late == 0),
        _bar("stop.late", f"latest write after one of {stops} stops", ran[0] * 1e3, "<= 1000", ran[0] <= 1, "ms"),
        _free("stop.writes", "writes of the process that was being stopped", ran[1], ""),
        _bar(
            "undo.back", f"of {back[1]} undone writes, back on the plant", back[0], f"= {back[1]}", back[0] == back[1]
        ),
    ]


def _with_honest(count: int) -> int:
    """How many proposals it takes until so many of them are hostile."""
    return round(count / (1 - HONEST) * 1.01)


def _bar(  # roomy: as a row of the table
    name: str, what: str, value: float, bar: str, holds: bool, unit: str = ""
) -> Result:
    return Result(f"gateway.{name}", what, float(value), bar, unit, bool(holds))


def _free(name: str, what: str, value: float, unit: str) -> Result:
    return Result(f"gateway.{name}", what, float(value), "", unit, None)


if __name__ == "__main__":
    main("gateway", measure, seeds=(SEED,))
