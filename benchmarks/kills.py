"""200 kills over all verbs, each at a random moment: is the workspace whole each time, and does the verb work then?

A scenario is a verb of the command line after the steps it needs. For each kill a copy of the prepared folder is made,
the verb is started and killed (by time, or just before its n-th touch of a file), the workspace is examined, the verb
is called once more, and the workspace is examined again.
"""

import math
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks.frame import Result, cell, main
from diapason.testing.killing import kill_anywhere, lasts, touches, whole

SEED = 20261122
FULL, QUICK = 200, 24

PLANT = ("init plant --as wang", "person li --role approver -w plant", "person zhao --role operator -w plant")
DATA = (*PLANT, "ingest engines.csv --name engines --asset unit --time cycle --target y -w plant")
LEARNT = (*DATA, "learn engines --task regression -w plant")
TRIED = (*DATA, "resonate engines --task regression --budget 30s -w plant")
ADOPTED = (*TRIED, "adopt engines -w plant")
READY = (*LEARNT, "assess engines -w plant", "approve engines@1 --as li -w plant")
SERVED = (*READY, "publish engines@1 --accept rmse<=1000 --waive known -w plant")
SAVED = (*LEARNT, "backup plant.backup -w plant")


@dataclass(frozen=True)
class Scenario:
    """A verb to kill, and what comes before it."""

    command: str
    after: tuple[str, ...]

    @property
    def verb(self) -> str:
        return self.command.split()[0]

    @property
    def there(self) -> bool:
        """Whether the command line has the verb and all that it needs."""
        verbs = {self.verb, *(step.split()[0] for step in self.after)}
        return all(find_spec(f"diapason.faces.cli.{verb}") for verb in verbs)


SCENARIOS = (
    Scenario("init plant", ()),
    Scenario("person liu --role trainer --role approver -w plant", PLANT),
    Scenario("ingest engines.csv --name engines --asset unit --time cycle --target y -w plant", PLANT),
    Scenario("ingest more.csv --name engines --append -w plant", DATA),
    Scenario("join engines --with lab.csv --on unit -w plant", DATA),
    Scenario("assess engines -w plant", DATA),
    Scenario("learn engines --task regression -w plant", DATA),
    Scenario("resonate engines --task regression --budget 30s -w plant", DATA),
    Scenario("adopt engines -w plant", TRIED),
    Scenario("undo engines -w plant", ADOPTED),
    Scenario("approve engines@1 --as li -w plant", LEARNT),
    Scenario("publish engines@1 --accept rmse<=1000 --waive known -w plant", READY),
    Scenario("predict more.csv --model engines@1 -w plant", SERVED),
    Scenario("report engines -w plant", LEARNT),
    Scenario("evidence engines --with-data -w plant", LEARNT),
    Scenario("backup new.backup -w plant", LEARNT),
    Scenario("restore plant.backup again", SAVED),
    Scenario("forget engines --reason over -w plant", LEARNT),
)


def _tables(folder: Path) -> None:
    """Six engines that wear, a second file with two more, and a value per engine; one target in ten is in °F."""
    rng = random.Random(SEED)
    head = "unit,cycle,a,b,c,y\n"
    lines: dict[int, list[str]] = {}
    for unit in range(8):
        wear = rng.uniform(0.5, 1.5)
        for cycle in range(60):
            a, b, c = (math.sin(cycle / 9) + rng.gauss(0, 0.1), wear * cycle / 60 + rng.gauss(0, 0.05), rng.random())
            y = 60 + 12 * b * b + 3 * math.sin(3 * a) + rng.gauss(0, 0.5)
            y = 1.8 * y + 32 if rng.random() < 0.1 else y
            lines.setdefault(unit, []).append(f"{unit},{cycle},{a:.4f},{b:.4f},{c:.4f},{y:.4f}\n")
    for name, units in (("engines.csv", range(6)), ("more.csv", range(6, 8))):
        (folder / name).write_text(head + "".join(line for unit in units for line in lines[unit]))
    (folder / "lab.csv").write_text("unit,hardness\n" + "".join(f"{unit},{40 + unit}\n" for unit in range(6)))


class Ground:
    """Prepared folders: each list of steps is carried out once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._made: dict[tuple[str, ...], Path] = {}
        self._count = 0

    def after(self, steps: tuple[str, ...]) -> Path:
        """A folder in which the steps were done; only to be copied."""
        if steps not in self._made:
            before = self.after(steps[:-1]) if steps else None
            self._count += 1
            folder = self.root / f"ground{self._count}"
            if before:
                shutil.copytree(before, folder)
                _run(steps[-1], folder)
            else:
                folder.mkdir()
                _tables(folder)
            self._made[steps] = folder
        return self._made[steps]

    def copy(self, scenario: Scenario) -> Path:
        """A fresh copy of a scenario's folder."""
        folder = self.root / "now"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.after(scenario.after), folder)
        return folder


def _module(command: str) -> list[str]:
    return ["diapason", *command.split()]


def _run(command: str, folder: Path) -> float:
    return lasts([sys.executable, "-m", *_module(command)], cwd=folder)


def _again(command: str, folder: Path) -> list[str]:
    """Call the verb once more: it works, or says in words why not (it was done already)."""
    call = [sys.executable, "-m", *_module(command)]
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False)
    fine = done.returncode == 0 or (done.returncode == 1 and ("fix:" in done.stderr or "办法" in done.stderr))
    return [] if fine and "Traceback" not in done.stderr else [f"then it fails: {done.stderr[-300:]}"]


def _wrong(folder: Path) -> list[str]:
    """Complaints about every workspace in a folder; one that was never finished is none."""
    return [
        words
        for site in ("plant", "again")
        if (folder / site / "diapason.toml").exists()
        for words in whole(folder / site)
    ]


def _kills(ground: Ground, scenario: Scenario, count: int, rng: random.Random) -> Iterator[tuple[str, list[str]]]:
    """Where each kill came, and what was wrong after it."""
    watched = ground.copy(scenario)
    touched = touches(_module(scenario.command), watched, cwd=watched)
    seconds = _run(scenario.command, ground.copy(scenario))
    for _ in range(count):
        folder = ground.copy(scenario)
        module = _module(scenario.command)
        where = kill_anywhere(module, folder, seconds=seconds, count=touched, random=rng, cwd=folder)
        wrong = _wrong(folder) or _again(scenario.command, folder) or _wrong(folder)
        yield where, wrong


def _scenario(ground: Ground, scenario: Scenario, share: int) -> dict[str, float]:
    """So many kills of one verb; what was wrong after them goes to the error stream."""
    began, fine = time.monotonic(), 0
    rng = random.Random(f"{SEED} {scenario.command}")
    try:
        for where, wrong in _kills(ground, scenario, share, rng):
            fine += not wrong
            if wrong:
                sys.stderr.write(f"{scenario.command}: killed {where}: {'; '.join(wrong)}\n")
    except AssertionError as error:
        sys.stderr.write(f"{scenario.command}: {error}\n")
    return {"fine": fine, "seconds": time.monotonic() - began}


def measure(quick: bool) -> list[Result]:
    """Kill each verb about equally often."""
    there = [s for s in SCENARIOS if s.there]
    total, results, held = QUICK if quick else FULL, [], 0
    shares = [total // len(there) + (k < total % len(there)) for k in range(len(there))]
    with tempfile.TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True) as root:
        ground = Ground(Path(root).resolve())
        for scenario, share in zip(there, shares, strict=True):
            made = cell("kills", (scenario.command, share), partial(_scenario, ground, scenario, share))
            fine = int(made["fine"])
            held += fine
            what = f"whole after a kill of: diapason {scenario.command} ({made['seconds']:.0f} s)"
            name = f"kills.{scenario.verb}" + (".append" if "--append" in scenario.command else "")
            results.append(Result(name, what, fine, f"= {share}", "kills", fine == share))
    missing = ", ".join(s.verb for s in SCENARIOS if not s.there)
    what = "whole after a random kill, all verbs" + (f"; not there yet: {missing}" if missing else "")
    return [*results, Result("kills", what, held, f"= {total}", "kills", held == total)]


if __name__ == "__main__":
    main("kills", measure, seeds=[SEED])
