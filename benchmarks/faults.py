"""Faults at random moments while a line is recorded: is every reading accounted for, and none stored twice?

In each session a sender in its own process writes down what it sends, `diapason record` runs as its own process, and
faults come at random moments: broker killed, OPC UA server killed and started again, connection cut, disk full, clock
set, recorder killed. Afterwards the account is compared with what the sender wrote down, and the dataset with both.
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.frame import Result, cell, main
from benchmarks.lines import Proxy, Sender, broker, fill, free_port, small_disk, stop, until
from benchmarks.sending import ASSETS, EVERY, NAMES, journal, tag_of
from diapason.connectors.mqtt.broker import Mosquitto
from diapason.services import record
from diapason.services.connect import Chosen, Connection
from diapason.services.connect.file import keep
from diapason.services.workspace import init, open_workspace
from diapason.vocabulary.line import Point
from diapason.vocabulary.tables import VersionRef

SEED = 20261129
FULL, QUICK = 100, 10
SESSION = 10
"""Faults in one session."""
KINDS = ("broker", "server", "cut", "poll", "disk", "clock", "kill")
WHAT = {
    "broker": "Mosquitto killed (kill -9) and started again",
    "server": "OPC UA server killed (kill -9) and started again",
    "cut": "connection to the broker reset, closed for a while (proxy)",
    "poll": "connection to a Modbus server reset, closed for a while (proxy)",
    "disk": "disk full (a small mount) for a while",
    "clock": "the source's clock set, by up to 40 s either way and by an hour ahead",
    "kill": "recorder killed (kill -9) and started again",
}
POINTS = tuple(Point(tag_of(a, n), n, asset=a) for a in ASSETS for n in NAMES)
DISK = 24
"""MiB of the small disk; the rest of it is taken by a file that comes and goes."""


@dataclass
class Session:
    """A line that is recorded, and whoever may be hurt."""

    kind: str
    folder: Path
    rng: random.Random
    broker: Mosquitto | None = None
    proxy: Proxy | None = None
    sender: Any = None
    recorder: Any = None
    mounted: bool = False
    recovery: list[float] = field(default_factory=list)

    @property
    def site(self) -> Path:
        return self.folder / "disk" / "site"

    def taken(self) -> int:
        """Bytes of what was taken in so far."""
        return sum(p.stat().st_size for p in self.site.glob("spool/*/*.seg"))

    def record(self) -> None:
        """Start the recorder, as a service manager would."""
        command = [sys.executable, "-m", "diapason", "record", "feed", "--to", "history", "--every", "2"]
        log = (self.folder / "recorder.log").open("a")
        self.recorder = subprocess.Popen([*command, "-w", str(self.site)], stdout=log, stderr=log, text=True)

    def healed(self, since: float, before: int) -> None:
        """Wait until readings are taken in again; how long that took."""
        fine = until(lambda: self.taken() > before, 180.0)
        self.recovery.append(time.monotonic() - since if fine else float("inf"))


def played(kind: str, seed: int, count: int) -> dict[str, Any]:
    """One session with so many faults of a kind; what was wrong after it, and seconds of recovery."""
    rng = random.Random(f"{SEED} {kind} {seed}")
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True)))
        session = Session(kind, root, rng)
        session.mounted = stack.enter_context(small_disk(root / "disk", DISK)) if kind == "disk" else False
        session.site.parent.mkdir(parents=True, exist_ok=True)
        stack.callback(_cleared, session)
        _ready(session)
        for _ in range(count):
            time.sleep(rng.uniform(0.3, 1.5))
            HURT[kind](session)
        time.sleep(1.0)
        return _judged(session)


def _ready(session: Session) -> None:
    """Servers, connection, recorder, sender, in that order: the broker keeps the session before anything is sent."""
    kind, folder = session.kind, session.folder
    init(session.site, person="wang")
    ws = open_workspace(session.site)
    if kind in ("server", "poll"):
        scheme = {"server": "opcua", "poll": "modbus"}[kind]
        session.sender = Sender(scheme, free_port(), folder)
        session.sender.start()
        session.proxy = Proxy(session.sender.port) if kind == "poll" else None
        address = f"opc.tcp://127.0.0.1:{session.sender.port}/diapason/"
        options: dict[str, Any] = {"security": "none", "interval": EVERY}
        if kind == "poll":
            address = f"modbus://127.0.0.1:{session.proxy.port}"
            options = {"map": str(folder / "modbus-map.csv"), "period": EVERY, "timeout": 0.5}
    else:
        session.broker = broker(folder / "broker", mortal=kind == "broker")
        session.broker.start()
        session.proxy = Proxy(session.broker.port)
        address = f"mqtt://127.0.0.1:{session.proxy.port}"
        options = {"topic": "feed/{asset}/data", "client": f"rec-{session.broker.port}"}
    chosen = tuple(Chosen(point, point.tag) for point in POINTS)
    keep(ws, Connection("feed", address, chosen, "long", options=options))
    session.record()
    if session.sender is None:
        _subscribed(session)
        session.sender = Sender("mqtt", session.broker.port, folder)
        session.sender.start()
    assert until(lambda: session.taken() > 3000, 60.0), _log(session)


def _subscribed(session: Session) -> None:
    """Wait until the recorder has its subscription: the broker saves it when it is told to (SIGUSR1)."""
    saved = session.folder / "broker" / "mosquitto.db"
    words = (f"rec-{session.broker.port}-record".encode(), b"feed/+/data")

    def there() -> bool:
        session.broker.process.send_signal(signal.SIGUSR1)
        return saved.exists() and all(word in saved.read_bytes() for word in words)

    assert until(there, 60.0, 0.1), _log(session)


def _log(session: Session) -> str:
    return (session.folder / "recorder.log").read_text()[-800:]


def _broker(session: Session) -> None:
    session.broker.kill()
    time.sleep(session.rng.uniform(0.0, 1.0))
    before, since = session.taken(), time.monotonic()
    session.broker.start()
    session.healed(since, before)


def _server(session: Session) -> None:
    session.sender.kill()
    time.sleep(session.rng.uniform(0.0, 1.0))
    before = session.taken()
    session.sender.start()
    session.healed(time.monotonic(), before)


def _cut(session: Session) -> None:
    session.proxy.cut()
    time.sleep(session.rng.uniform(0.0, 1.5))
    before, since = session.taken(), time.monotonic()
    session.proxy.join()
    session.healed(since, before)


def _disk(session: Session) -> None:
    """Fill it up; where nothing can be mounted, files of the recorder may not grow any more."""
    import resource

    if session.mounted:
        ballast = fill(session.folder / "disk")
    else:
        resource.prlimit(session.recorder.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    time.sleep(session.rng.uniform(0.5, 3.0))
    before, since = session.taken(), time.monotonic()
    if session.mounted:
        ballast.unlink()
    else:
        resource.prlimit(session.recorder.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    session.healed(since, before)


def _clock(session: Session) -> None:
    size = session.rng.choice([3600.0, session.rng.uniform(-40, 40), session.rng.uniform(-40, 40), 0.0])
    before, since = session.taken(), time.monotonic()
    session.sender.say(f"offset {size}")
    session.healed(since, before)


def _kill(session: Session) -> None:
    session.recorder.kill()
    session.recorder.wait()
    before, since = session.taken(), time.monotonic()
    session.record()
    session.healed(since, before)


HURT: dict[str, Callable[[Session], None]] = {
    "broker": _broker, "server": _server, "cut": _cut, "poll": _cut, "disk": _disk, "clock": _clock, "kill": _kill,
}  # fmt: skip


def _judged(session: Session) -> dict[str, Any]:
    """End the sender, then the recorder; compare the three books."""
    wrong: list[str] = []
    if session.recorder.poll() is not None:
        wrong.append(f"the recorder has ended by itself: {_log(session)[-300:]}")
    left = session.sender.end()
    if left:
        wrong.append(f"{left} messages were taken by nobody")
    _quiet(session)
    stop(session.recorder)
    try:
        session.recorder.wait(120)
    except subprocess.TimeoutExpired:
        wrong.append("the recorder does not end")
        session.recorder.kill()
    ws = open_workspace(session.site)
    account = record.view(ws, "feed")
    stored = ws.lake.scan(VersionRef("history")).collect()
    counts = _books(session, account, stored, wrong)
    slowest = max(session.recovery, default=0.0)
    wrong += ["it did not recover by itself"] if slowest == float("inf") else []
    seconds = [round(s, 3) if s != float("inf") else 1e9 for s in session.recovery]
    return {"wrong": wrong, "recovery": seconds, **counts}


def _quiet(session: Session) -> None:
    """Wait until nothing more arrives."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < 1.5:
        if (now := session.taken()) != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.05)


def _books(session: Session, account: dict[str, Any], stored: pl.DataFrame, wrong: list[str]) -> dict[str, int]:
    """The sender's, the account's, the dataset's."""
    sent: dict[str, dict[int, float]] = {point.tag: {} for point in POINTS}
    for asset, _, at, values in journal(session.sender.journal):
        for name, value in zip(NAMES, values, strict=True):
            sent[tag_of(asset, name)][at] = value
    twice = stored.height - stored.select("tag", "time").unique().height
    wrong += [f"{twice} readings are stored twice"] if twice else []
    total: Counter[str] = Counter(twice=twice)
    there: dict[str, dict[int, float]] = {point.tag: {} for point in POINTS}
    for tag, at, value in zip(stored["tag"], stored["time"].dt.timestamp("us"), stored["value"], strict=True):
        there[tag][at] = value
    for balance in account["account"]["tags"]:
        total.update({k: balance[k] for k in ("sent", "stored", "rejected", "dropped", "duplicates")})
        wrong += _compared(session, balance, sent[balance["tag"]], there[balance["tag"]])
    return {**total, "written_down": sum(map(len, sent.values()))}


def _compared(
    session: Session, balance: dict[str, Any], sent: dict[int, float], there: dict[int, float]
) -> Iterator[str]:
    """One tag in all three books."""
    tag = balance["tag"]
    if balance["unexplained"]:
        yield f"{tag}: {balance['unexplained']} unexplained"
    if balance["stored"] != len(there):
        yield f"{tag}: the account says {balance['stored']} stored, the dataset has {len(there)}"
    if session.kind == "poll":  # what a poll finds was written down, at another moment
        odd = set(there.values()) - set(sent.values())
        if odd:
            yield f"{tag}: {len(odd)} values that nobody sent"
        return
    odd = [at for at, value in there.items() if sent.get(at) != value]
    if odd:
        yield f"{tag}: {len(odd)} readings that nobody sent"
    first = min(there, default=0)
    owed = {at: v for at, v in sent.items() if session.kind != "server" or at >= first}  # from the first one heard on
    missing = len(set(owed) - set(there))
    known = balance["rejected"] + balance["dropped"]
    if missing != known:
        yield f"{tag}: {missing} were sent and are not there, the account knows of {known}"
    if balance["sent"] != len(owed):
        yield f"{tag}: {len(owed)} were sent, the account says {balance['sent']}"


def _cleared(session: Session) -> None:
    for process in (session.recorder, getattr(session.sender, "process", None)):
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
    if session.broker is not None:
        session.broker.stop()
    if session.proxy is not None:
        session.proxy.close()


def _session(kind: str, seed: int, count: int) -> dict[str, Any]:
    made = played(kind, seed, count)
    for words in made["wrong"][:8]:
        sys.stderr.write(f"{kind} {seed}: {words}\n")
    return made


def measure(quick: bool) -> list[Result]:
    """So many faults of each kind, some to a session; sessions that were measured are recalled."""
    total, results = QUICK if quick else FULL, []
    each = SESSION
    for kind in KINDS:
        made = [
            cell("faults", (kind, seed, each), lambda kind=kind, seed=seed: _session(kind, seed, each))
            for seed in range(total // each)
        ]
        fine = sum(each for one in made if not one["wrong"])
        recovery = sorted(s for one in made for s in one["recovery"])
        books = Counter()
        for one in made:
            books.update({k: one[k] for k in ("sent", "stored", "rejected", "dropped", "duplicates", "twice")})
        said = ", ".join(f"{books[k]:,} {k}" for k in ("sent", "stored", "rejected", "dropped", "duplicates"))
        what = f"{WHAT[kind]}: faults after which all books agree ({said})"
        results.append(Result(f"faults.{kind}", what, fine, f"= {total}", "faults", fine == total))
        results.append(
            Result(f"faults.{kind}.twice", "readings stored twice", books["twice"], "= 0", "1", not books["twice"])
        )
        median = recovery[len(recovery) // 2]
        bar, holds = ("< 5", recovery[-1] < 5) if kind == "server" else ("", None)
        results.append(
            Result(f"faults.{kind}.recovery", "until readings are taken in again, median", median, "", "s", None)
        )
        results.append(Result(f"faults.{kind}.slowest", "the same, slowest", recovery[-1], bar, "s", holds))
    return results


if __name__ == "__main__":
    main("faults", measure, seeds=[SEED])
