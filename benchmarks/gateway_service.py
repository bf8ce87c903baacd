"""The whole service under attack: several processes, one ledger, one plant outside of them all."""

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import diapason
from benchmarks.gateway_hostile import LOOKALIKES, NUMBERS, UNITS
from benchmarks.gateway_plant import ASSET, BOUNDS, CellPlant, FilePlant, Watch
from diapason.engines.evidence import dsse
from diapason.errors import DiapasonError
from diapason.ports.disk import turn
from diapason.services import agent, gateway, workspace
from diapason.services.gateway import ladder, sealed
from diapason.services.gateway.approving import APPROVAL
from diapason.services.gateway.wire import signature_of, tag_subject
from diapason.services.workspace import Workspace, open_workspace
from diapason.vocabulary.acting import Proposal
from diapason.vocabulary.evidence import Statement, Subject

__all__ = ["Seen", "attacked", "drilled", "made", "undone"]

FREE, BOUND = "TIC-201.SP", "PIC-201.SP"
"""One tag on which the agent acts alone, one on which a person must approve."""
RACES, WORKERS = 12, 3
_LEVEL = {FREE: 4, BOUND: 3}


@dataclass
class Seen:
    """What was tried, and what came of it."""

    hostile: int = 0
    through: int = 0
    outside: int = 0
    moved: int = 0
    raced: int = 0
    twice: int = 0
    defects: int = 0
    stops: int = 0
    late: int = 0  # writes while a stop was in force
    median: float = 0.0  # s
    times: list[float] = field(default_factory=list)
    halted: list[tuple[float, float]] = field(default_factory=list)


def made(folder: Path) -> Path:
    """A plant with an agent, its envelope, and four persons."""
    place = folder / "plant"
    plant = diapason.init(place, person="wang")
    for name, role in (("li", "approver"), ("zhao", "operator"), ("chen", "safety")):
        plant.person(name, roles=[role])
    rows = [
        f"{{asset: {ASSET}, tag: {tag}, unit: {b[0]}, low: {b[1]}, high: {b[2]}, step: {b[3]}, rate: {b[4]}, "
        f"dwell: {b[5]}, daily: {b[6]}}}"
        for tag, b in BOUNDS.items()
    ]
    rights = "\n".join(f"- {{right: write, asset: {ASSET}, tag: {tag}, autonomy: A4}}" for tag in BOUNDS)
    head = (
        f"name: advice\nowner: wang\nexpires: 2036-01-01\nasset: {ASSET}\nconnection: plant\npermissions:\n{rights}\n"
    )
    rules = "rules:\n- {kind: above, tag: TIC-201.PV, limit: 128, name: hot}\n"
    budget = "budget: {proposals_per_day: 1000000}\n"
    _put(place / "agents" / "advice.yaml", head + "envelopes:\n- " + "\n- ".join(rows) + "\n" + rules + budget)
    _put(place / "envelopes" / f"{ASSET}.yaml", _envelopes())
    agent.create(open_workspace(place, person="wang"), "advice")
    chen = open_workspace(place, person="chen")
    gateway.sign_envelope(chen, ASSET)
    gateway.set_mode(chen, ASSET, "automatic")
    return place


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    new = path.with_name(f".{time.time_ns()}.new")
    new.write_text(text)
    new.replace(path)


def _envelopes(wider: float = 0.0) -> str:
    parts = [f"asset: {ASSET}\nconnection: plant\ntags:\n"]
    for tag, (unit, low, high, step, rate, rest, most) in BOUNDS.items():
        pv = tag.replace("SP", "PV")
        parts.append(
            f"- tag: {tag}\n  unit: {unit}\n  low: {low - wider}\n  high: {high + wider}\n  step: {step + wider}\n"
            f"  rate: {rate + wider}\n  dwell: {rest}\n  daily: {most}\n  near: 0.001\n  settle: 0.3\n"
            f'  interlocks:\n  - {{tag: {pv}, relation: "<", value: 140, unit: {unit}, freshest: 10, low: 0, high: 200}}\n'
            f"  responses:\n  - {{tag: {pv}, unit: {unit}, gain: 1.0, doubt: 0.2, lag: 600, noise: 1.0}}\n"
        )
    return "".join(parts)


def _raise(chen: Workspace, tag: str) -> None:
    """Give the level that attacks have taken away, signed as a safety officer would after a gate."""
    try:
        if gateway.level(chen, "advice", ASSET, tag) < _LEVEL[tag]:
            bind = gateway.binding(chen, "advice", ASSET)
            said = {"agent": "advice", "asset": ASSET, "tag": tag, "level": _LEVEL[tag], "from": 0, "binding": bind}
            sealed.seal(chen, "autonomy", ladder.subject("advice", ASSET, tag), said)
    except DiapasonError:
        return  # another process did at the same moment


@dataclass
class Attacker:
    """One process: its dice, its workspace in several persons' names, the plant that all share."""

    number: int
    ws: Workspace
    li: Workspace
    chen: Workspace
    plant: FilePlant
    rng: random.Random
    seen: Seen = field(default_factory=Seen)
    done: list[Proposal] = field(default_factory=list)  # written before, to be replayed
    count: int = 0

    def wish(self, tag: str = FREE, **other: Any) -> Proposal:
        """A proposal that would pass."""
        self.count += 1
        _, low, high, step, *_ = BOUNDS[tag]
        old = self.plant.value(tag)
        by = self.rng.uniform(0.01, 0.4 * step) * self.rng.choice((-1, 1))
        new = old + by if low <= old + by <= high else old - by
        now = time.time_ns() // 1000
        unit = BOUNDS[tag][0]
        made = Proposal(f"w{self.number}-{self.count}", "advice", ASSET, tag, old, new, unit, now, now + 60_000_000)
        return replace(made, **other)

    async def submit(self, p: Proposal, *, ws: Workspace | None = None, signature: str | None = None) -> str:
        """Through the whole service; what nobody foresaw is counted."""
        begin = time.perf_counter()
        gateway.tends(self.ws, ["plant"])
        try:
            return (await gateway.submit(ws or self.ws, p, self.plant, signature=signature)).state
        except DiapasonError as error:
            return type(error).__name__
        except Exception:  # noqa: BLE001  # a defect, which is what is looked for
            self.seen.defects += 1
            return "defect"
        finally:
            self.seen.times.append(time.perf_counter() - begin)

    async def attack(self) -> None:
        """One hostile proposal, of one of the ways."""
        way = self.rng.choice(_WAYS)
        self.seen.hostile += 1
        state = await way(self)
        if state in ("written", "rolled back", "differs", "no effect", "unknown"):
            self.seen.through += 1
            sys.stderr.write(f"through: {way.__name__} {state}\n")

    async def honest(self) -> None:
        """One that should pass, unless a stop or another process is in its way."""
        _raise(self.chen, FREE)
        p = self.wish()
        if await self.submit(p) == "written":
            self.seen.moved += 1
            self.done.append(p)


async def _strange(a: Attacker) -> str:
    field_, values = a.rng.choice((("new", NUMBERS), ("old", NUMBERS), ("unit", UNITS[:14])))
    return await a.submit(a.wish(**{field_: a.rng.choice(values)}))


async def _beyond(a: Attacker) -> str:
    _, low, high, step, *_ = BOUNDS[FREE]
    p = a.wish()
    new = a.rng.choice((high + 1e-9, low - 1e-9, 1e9, -1e9, p.old + 1.01 * step, p.old - 1.01 * step))
    return await a.submit(replace(p, new=new))


async def _names(a: Attacker) -> str:
    name = a.rng.choice(("agent", "tag", "asset"))
    p = a.wish()
    said = str(getattr(p, name))
    spoofed = a.rng.choice(("".join(LOOKALIKES.get(c, c) for c in said), said + "\u200b", said.swapcase(), said * 999))
    spoofed = said + "\u200b" if spoofed == said else spoofed  # no letter of it has a double
    return await a.submit(replace(p, **{name: spoofed}))


async def _unsigned(a: Attacker) -> str:
    p = a.wish()
    other = signature_of(a.wish(), agent.signer(a.ws, "advice"))
    forged = a.rng.choice(
        ("", "00:AA", other, signature_of(p, a.ws.signer), signature_of(p, workspace.signer_of(a.li)))
    )
    return await a.submit(p, signature=forged)


async def _replayed(a: Attacker) -> str:
    """A key that was done, with the same bytes (answered, never done again) or with others."""
    if not a.done:
        return await _strange(a)
    old, before = a.rng.choice(a.done), len(_of(a.plant.seen(), a.number))
    if a.rng.random() < 0.5:
        await a.submit(old)
        return "written" if len(_of(a.plant.seen(), a.number)) > before else "refused"
    return await a.submit(a.wish(key=old.key))


def _of(writes: list[tuple[str, float, float, float]], _number: int) -> list[float]:
    return [w[2] for w in writes if w[0] == BOUND]


async def _late(a: Attacker) -> str:
    now = time.time_ns() // 1000
    made, expires = a.rng.choice(((now - 9, now), (now + 10**7, now + 10**8), (now, now + 10**12), (now, 1 << 62)))
    return await a.submit(a.wish(made=made, expires=expires))


async def _jumped(a: Attacker) -> str:
    """Our clock jumps by two hours, and the proposal with it."""
    by = timedelta(hours=a.rng.choice((-2, 2)))
    ws, now = replace(a.ws, clock=lambda: a.ws.clock() + by), time.time_ns() // 1000 + int(by.total_seconds() * 1e6)
    return await a.submit(a.wish(made=now, expires=now + 60_000_000), ws=ws)


async def _approved_falsely(a: Attacker) -> str:
    """An action that waits for a person, and an approval in the ledger that is none."""
    _raise(a.chen, BOUND)
    p = a.wish(BOUND)
    if await a.submit(p) != "waiting":
        return "refused"
    action = gateway.find(a.ws, p.key)
    assert action is not None
    now = time.time_ns() // 1000
    said: dict[str, Any] = {"key": p.key, "digest": action.digest, "person": "li", "made": now, "expires": now + 10**8}
    signer, wrong = a.rng.choice(
        (
            (a.ws, {}),
            (a.ws, {"person": "wang"}),
            (a.li, {"digest": "0" * 64}),
            (a.li, {"key": "other"}),
            (a.li, {"expires": now - 1}),
            (a.li, {"made": now + 10**9, "expires": now + 10**10}),
            (a.chen, {}),
        )
    )
    key = workspace.signer_of(signer)
    body = dsse.sign(
        Statement((Subject("x", action.digest),), APPROVAL, said | {"note": ""} | wrong), key.keyid, key.sign
    )
    a.ws.ledger.append("approval", run=f"action:{p.key}", subject=tag_subject(ASSET, BOUND), body=body)
    gateway.tends(a.ws, ["plant"])
    return (await gateway.carry_out(a.ws, p.key, a.plant)).state


async def _raised_falsely(a: Attacker) -> str:
    """A level in the ledger that nobody may give, on the tag that needs a person."""
    subject, bind = ladder.subject("advice", ASSET, BOUND), gateway.binding(a.ws, "advice", ASSET)
    said = {"agent": "advice", "asset": ASSET, "tag": BOUND, "level": 4, "from": 0, "binding": bind}
    kind = a.rng.randrange(4)
    rises = [
        e
        for e in a.ws.ledger.entries(kind="autonomy", subject=ladder.subject("advice", ASSET, FREE))
        if "to" not in e.body
    ]
    if kind == 0:
        a.ws.ledger.append("autonomy", subject=subject, body=said)
    elif kind == 1:
        a.ws.ledger.append("autonomy", subject=subject, body={**said, "to": 4})
    elif kind == 2 and rises:
        a.ws.ledger.append("autonomy", subject=subject, body=rises[-1].body)
    else:
        try:
            sealed.seal(a.ws, "autonomy", subject, said)
        except DiapasonError:
            return "Conflict"
    return await a.submit(a.wish(BOUND))


async def _tampered(a: Attacker) -> str:
    """A wider envelope, unsigned, put back afterwards."""
    path = a.ws.folder / "envelopes" / f"{ASSET}.yaml"
    _put(path, _envelopes(1000.0))
    try:
        return await a.submit(replace(a.wish(), new=BOUNDS[FREE][2] + 50.0))
    finally:
        _put(path, _envelopes())


async def _stopped(a: Attacker) -> str:
    """A stop by its file alone; while it is there nobody's write may come. One process at a time, or another's end ends it."""
    name = a.rng.choice(("", ASSET, "a slip of the pen"))
    with turn(a.plant.folder / "stopping.lock", wait=120.0):
        path = gateway.stop_here(a.ws.folder, name, person="zhao", because="drill")
        began = time.time()
        try:
            state = await a.submit(a.wish())
            await asyncio.sleep(0.2)
        finally:
            a.seen.halted.append((began, time.time()))
            Path(path["file"]).unlink()
    return state


async def _crowded(a: Attacker) -> str:
    """The same three times at once: written once at most."""
    _raise(a.chen, FREE)
    p = a.wish(BOUND)
    states = await asyncio.gather(*(a.submit(p) for _ in range(3)))
    return max(states)


async def _undone_falsely(a: Attacker) -> str:
    return await a.submit(a.wish(undoes=a.rng.choice(("nothing", f"w{(a.number + 1) % WORKERS}-1", ""))[:20] or "none"))


_WAYS: tuple[Callable[[Attacker], Awaitable[str]], ...] = (
    *(_strange, _beyond, _names, _unsigned, _replayed, _late, _jumped, _approved_falsely, _raised_falsely),
    *(_tampered, _stopped, _crowded, _undone_falsely),
)


def _attacking(place: str, plant: str, number: int, seed: int, count: int) -> dict[str, Any]:
    """One process's share."""
    folder = Path(place)
    a = Attacker(
        number,
        open_workspace(folder, person="wang"),
        open_workspace(folder, person="li"),
        open_workspace(folder, person="chen"),
        FilePlant(folder=Path(plant)),
        random.Random(seed * 1000 + number),  # a benchmark's dice
    )
    asyncio.run(_round(a, count))
    return {name: getattr(a.seen, name) for name in a.seen.__dataclass_fields__}


async def _round(a: Attacker, count: int) -> None:
    for i in range(count):
        await (a.honest() if i % 15 == 0 else a.attack())


def _carried(place: str, plant: str, key: str) -> str:
    """One process's try at an approved action."""
    ws = open_workspace(Path(place), person="wang")
    gateway.tends(ws, ["plant"])
    return asyncio.run(gateway.carry_out(ws, key, FilePlant(folder=Path(plant)))).state


def _raced(place: Path, plant: FilePlant, pool: ProcessPoolExecutor) -> int:
    """Actions that a person has approved, each wanted by every process at once: how many were written more than once."""
    ws, li, chen = (open_workspace(place, person=name) for name in ("wang", "li", "chen"))
    twice = 0
    for i in range(RACES):
        _raise(chen, BOUND)
        now, old, before = time.time_ns() // 1000, plant.value(BOUND), len(plant.seen())
        p = Proposal(f"race-{i}", "advice", ASSET, BOUND, old, old + 0.1, "bar", now, now + 600_000_000)
        gateway.tends(ws, ["plant"])
        asyncio.run(gateway.submit(ws, p, plant))
        gateway.approve(li, p.key)
        for future in [pool.submit(_carried, str(place), str(plant.folder), p.key) for _ in range(WORKERS)]:
            future.result()
        twice += len(plant.seen()) - before != 1
    return twice


def attacked(folder: Path, *, seed: int, count: int) -> Seen:
    """Three processes at once, each with its share of hostile proposals; then the plant's own account."""
    place, outside = made(folder), folder / "outside"
    outside.mkdir()
    plant = FilePlant(folder=outside)
    each = -(-count // WORKERS)
    jobs = [(str(place), str(outside), k, seed, each * 15 // 14) for k in range(WORKERS)]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        twice = _raced(place, plant, pool)
        parts = [future.result() for future in [pool.submit(_attacking, *job) for job in jobs]]
    seen = Seen(**{name: sum((p[name] for p in parts[1:]), parts[0][name]) for name in parts[0]})
    seen.median, seen.raced, seen.twice = statistics.median(seen.times), RACES, twice
    return _accounted(seen, plant)


def _accounted(seen: Seen, plant: FilePlant) -> Seen:
    """What the plant saw: writes outside, the raced action, writes while stopped."""
    writes, watch = plant.seen(), Watch()
    for tag, before, value, at in writes:
        watch.saw(tag, before, value, at)
    seen.outside = len(watch.complaints)
    seen.stops = len(seen.halted)
    seen.late = sum(began + 1 < at < ended for began, ended in seen.halted for *_, at in writes)
    (plant.folder / "complaints.json").write_text(json.dumps(watch.complaints))
    return seen


def _hammering(place: str, plant: str, seconds: float) -> int:
    """One process that acts alone as fast as it can, in tiny moves."""
    ws, chen = (open_workspace(Path(place), person=name) for name in ("wang", "chen"))
    outside, until = FilePlant(folder=Path(plant)), time.time() + seconds

    async def hammer() -> int:
        done = 0
        while time.time() < until:
            _raise(chen, FREE)
            now, old = time.time_ns() // 1000, outside.value(FREE)
            new = old + (0.002 if old < 120 else -0.002)
            p = Proposal(f"h{now}", "advice", ASSET, FREE, old, new, "Cel", now, now + 60_000_000)
            gateway.tends(ws, ["plant"])
            done += (await gateway.submit(ws, p, outside)).state == "written"
        return done

    return asyncio.run(hammer())


def drilled(folder: Path, *, seed: int, count: int) -> tuple[float, int]:
    """Stops by their file while a process writes as fast as it can: the latest write after a stop, s; all its writes."""
    place, plant, rng = folder / "plant", FilePlant(folder=folder / "drill"), random.Random(seed)
    plant.folder.mkdir()
    late = 0.0
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        work = pool.submit(_hammering, str(place), str(plant.folder), 5.0 + 1.5 * count)
        while not plant.seen() and not work.done():
            time.sleep(0.1)
        for _ in range(count):
            time.sleep(rng.uniform(0.3, 1.0))
            gateway.stop_here(place, rng.choice(("", ASSET)), person="zhao", because="drill")
            began = time.time()
            time.sleep(0.5)
            late = max([late, *(at - began for *_, at in plant.seen() if at > began)])
            for path in (place / "stops").iterdir():
                path.unlink(missing_ok=True)
        written = work.result()
    return late, written


async def undone(folder: Path, count: int) -> tuple[int, int]:
    """Writes on the living cell, undone by a person: how many led back, target and set point of the loop alike."""
    place = folder / "plant"
    ws, zhao, chen = (open_workspace(place, person=name) for name in ("wang", "zhao", "chen"))
    plant, back = CellPlant(), 0
    for i in range(count):
        _raise(chen, FREE)
        loop, old = plant.cell.tic201, plant.value(FREE)
        now = time.time_ns() // 1000
        p = Proposal(f"undo-{i}", "advice", ASSET, FREE, old, old + 0.02, "Cel", now, now + 60_000_000)
        gateway.tends(ws, ["plant"])
        done = await gateway.submit(ws, p, plant)
        plant.live(30)
        moved = done.state == "written" and loop.target == old + 0.02
        undone_ = await gateway.undo(zhao, p.key, plant, because="drill")
        plant.live(60)
        back += moved and undone_.state == "undone" and loop.target == old == loop.sp
    return back, count
