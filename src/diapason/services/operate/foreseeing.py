"""What agents foresee: the tags of their limits and the scores of their models ahead, and the life that is left."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from heapq import nsmallest
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from diapason.engines.agents import Trails, foresee, reaches
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.operate.squads import Squad
from diapason.services.operate.watched import Watch, watches
from diapason.vocabulary.line import TRUSTS

__all__ = ["STEPS", "Outlook", "ahead_of", "outlook"]

_SPENDS = 0.002
"""s of CPU that a look at what is ahead may take; what is not looked at now is at the next."""
STEPS = 4
"""Stretches of the history that a forecast goes at most; the more, the fewer past errors there are to judge it by."""
_SHARE = 16
"""A forecast goes so large a part of what was seen at most."""
_FAR = 20.0
"""A limit is told that the trend reaches within so many times the length of what was seen."""
_SHOWN = 5
_KEEPS, _KEEPS_PAST = 10.0, 60.0
"""s after which what is foreseen, and what it was foreseen from, is written."""

Array = NDArray[np.float64]


class Outlook:
    """What the agents of a fleet foresee; looks once a second for at most two thousandths, in turns.

    Args:
        later: has a job done by whoever writes; nobody waits for the disk here.
    """

    def __init__(
        self, ws: Workspace, squads: Sequence[Squad], later: Callable[[Callable[[], None]], None] = lambda job: job()
    ) -> None:
        self._ws, self._squads, self._later = ws, squads, later
        every = watches(ws, squads)
        self._paths, self._life = [w for w in every if w.kind != "life"], [w for w in every if w.kind == "life"]
        self._trails = Trails([max(1.0, w.ahead / STEPS) for w in self._paths])
        self._groups = _grouped(self._paths)
        self._last = np.zeros(len(self._paths), np.int64)
        self._facts: dict[int, dict[str, Any]] = {}  # by path
        self._near: set[int] = set()
        self._blind = np.zeros(len(self._paths), np.bool_)
        self._due: dict[int, None] = {}  # paths, in their turn
        self._kept = self._kept_past = time.monotonic()
        self._take_up()

    def look(self) -> None:
        """Take the present values, foresee as many as there is time for, and have it written now and then."""
        begin = time.thread_time()
        self._due |= dict.fromkeys(np.flatnonzero(self._sampled() | self._sight_changed()).tolist())
        while self._due and time.thread_time() - begin < _SPENDS:
            path = next(iter(self._due))
            del self._due[path]
            self._tell(path)
        now = time.monotonic()
        if now - self._kept >= _KEEPS:
            self._kept = now
            self.keep()

    def soonest(self, most: int = _SHOWN) -> list[dict[str, Any]]:
        """What reaches its limit first, then what else there is, as `told` gives it."""
        near = nsmallest(most, (self._facts[i] for i in self._near), key=lambda f: f["reach"]["low_s"])
        rest = (f for i, f in self._facts.items() if i not in self._near)
        return [*near, *(f for _, f in zip(range(most - len(near)), rest, strict=False)), *self._lives(most)]

    def told(self) -> list[dict[str, Any]]:
        """Everything that is foreseen at present.

        Returns:
            agent, asset, kind, name, tag, unit, limit, at (Moment of the last reading), value, trust, seen_s (how far
            back it looks); forecast (ahead_s, value, low, high, by, error, as_now; None = too little was seen, or its
            inputs can't be trusted), reach (s, low_s, high_s; None = not within sight). Of a life: value, low, high.
        """
        return [*self._facts.values(), *self._lives(len(self._life))]

    def keep(self) -> None:
        """Have what is foreseen written, and seldom what it is foreseen from."""
        facts, now = {"at": time.time(), "outlook": self.told()}, time.monotonic()
        past = now - self._kept_past >= _KEEPS_PAST
        state = self._trails.state() if past else None
        self._kept_past = now if past else self._kept_past
        self._later(lambda: self._write(facts, state))

    def end(self) -> None:
        """Have all of it written."""
        self._kept_past -= _KEEPS_PAST
        self.keep()

    def _sampled(self) -> NDArray[np.bool_]:
        """Take what is new of each path; whether a stretch ended."""
        values = np.full(len(self._paths), np.nan)
        moments = self._last.copy()
        for squad, (paths, agents, columns) in ((self._squads[s], g) for s, g in self._groups.items()):
            tag = columns >= 0
            moments[paths] = np.where(tag, squad.ticks.stamps[agents, columns], squad.ticks.last[agents])
            values[paths] = np.where(tag, squad.ticks.values[agents, columns], squad.crew.score[agents])
        news = moments > self._last
        self._last[news] = moments[news]
        return self._trails.add(np.where(news, moments / 1e6, np.nan), values)

    def _sight_changed(self) -> NDArray[np.bool_]:
        """Paths whose inputs can't be trusted any more, or can be again."""
        was = self._blind.copy()
        for s, (paths, agents, columns) in self._groups.items():
            squad = self._squads[s]
            lost = (columns >= 0) & np.isnan(squad.ticks.values[agents, columns])
            self._blind[paths] = (squad.crew.trust[agents] == 2) | lost
        return np.asarray(was != self._blind)

    def _tell(self, path: int) -> None:
        w, squad = self._paths[path], self._squads[self._paths[path].squad]
        facts = self._about(w, blind=bool(self._blind[path])) | ahead_of(
            w, self._trails.history(path), float(self._trails.spacing[path])
        )
        value = squad.ticks.values[w.agent, w.column] if w.column >= 0 else squad.crew.score[w.agent]
        facts |= {"at": int(self._last[path]), "value": _plain(float(value))}
        facts |= {"forecast": None, "reach": None} if self._blind[path] else {}
        self._facts[path] = facts
        (self._near.add if facts["reach"] is not None else self._near.discard)(path)

    def _lives(self, most: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for w in self._life:
            squad = self._squads[w.squad]
            if squad.crew.rows[w.agent] and len(found) < most and squad.model is not None:
                value = float(squad.crew.said[w.agent])
                low, high = (float(max(end[0], 0.0)) for end in squad.model.margins.around([value]))
                told = self._about(w) | {"at": int(squad.ticks.last[w.agent]), "value": _plain(value)}
                found.append(told | {"low": _plain(low), "high": _plain(high)})
        return found

    def _about(self, w: Watch, *, blind: bool = False) -> dict[str, Any]:
        squad = self._squads[w.squad]
        one, trust = squad.manifests[w.agent], TRUSTS[2 if blind else int(squad.crew.trust[w.agent])]
        own = {"agent": one.name, "asset": one.asset, "kind": w.kind, "name": w.name, "tag": w.tag, "unit": w.unit}
        return own | {"limit": w.limit, "trust": trust}

    def _keys(self) -> list[str]:
        return [w.key(self._squads[w.squad].manifests[w.agent]) for w in self._paths]

    def _write(self, facts: Mapping[str, Any], state: Mapping[str, Array] | None) -> None:
        path = _path(self._ws)
        path.parent.mkdir(exist_ok=True)
        write_whole(path, json.dumps(facts, ensure_ascii=False).encode())
        if state is not None:
            out = BytesIO()
            np.savez(out, allow_pickle=False, keys=np.array(self._keys()), **state)
            write_whole(path.with_suffix(".npz"), out.getvalue())

    def _take_up(self) -> None:
        """Go on with what was seen before a restart; nothing where that can't be read."""
        try:
            with np.load(_path(self._ws).with_suffix(".npz"), allow_pickle=False) as read:
                old = {name: read[name] for name in read.files}
            known = {key: i for i, key in enumerate(old.pop("keys").tolist())}
            mine = [i for i, key in enumerate(self._keys()) if key in known]
            self._trails.restore(old, mine, [known[key] for i, key in enumerate(self._keys()) if key in known])
        except (OSError, ValueError, KeyError, EOFError, IndexError, BadZipFile):
            return


def ahead_of(w: Watch, history: Array, spacing: float) -> dict[str, Any]:
    """What one history says of the time to come.

    Args:
        history: means over even stretches, the oldest first, nan = nothing came.
        spacing: s of a stretch.

    Returns:
        seen_s, forecast, reach; as `Outlook.told`.
    """
    steps = min(round(w.ahead / spacing), len(history) // _SHARE, STEPS * 2)
    found = foresee(history, steps) if steps else None
    forecast: dict[str, Any] | None = None
    if found is not None:
        forecast = {"ahead_s": steps * spacing, "value": found.value, "low": found.low, "high": found.high}
        forecast |= {"by": found.by, "error": found.error, "as_now": found.as_now}
    seen = len(history) * spacing
    return {"seen_s": seen, "forecast": forecast, "reach": _reach(w, history, spacing, _FAR * seen)}


def outlook(ws: Workspace, name: str = "") -> dict[str, Any]:
    """What was foreseen last, by all agents or one.

    Returns:
        outlook (as `Outlook.told`), age (s; None = nothing was ever foreseen here).
    """
    path = _path(ws)
    if not path.exists():
        return {"outlook": [], "age": None}
    said = json.loads(path.read_text("utf-8"))
    wanted = name.partition("@")[0]
    found = [one for one in said["outlook"] if wanted in ("", one["agent"])]
    return {"outlook": found, "age": time.time() - said["at"]}


def _reach(w: Watch, history: Array, spacing: float, farthest: float) -> dict[str, float | None] | None:
    """When the limit is reached, s; None without a trend that is no chance, or where the limit is passed or far."""
    known = history[np.isfinite(history)]
    if not len(known) or (known[-1] <= w.limit if w.kind == "below" else known[-1] >= w.limit):
        return None
    found = reaches(history, w.limit)
    s, low, high = (rows * spacing for rows in (found.likely, found.low, found.high))
    if not (np.isfinite(high) and s <= farthest):
        return None
    return {"s": s, "low_s": low, "high_s": high if high <= farthest else None}


def _grouped(paths: Sequence[Watch]) -> dict[int, tuple[NDArray[np.int64], ...]]:
    """By squad: positions of paths, their agents and columns."""
    return {
        s: tuple(
            np.array(part, np.int64)
            for part in zip(*((i, w.agent, w.column) for i, w in enumerate(paths) if w.squad == s), strict=True)
        )
        for s in {w.squad for w in paths}
    }


def _plain(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _path(ws: Workspace) -> Path:
    return ws.folder / "operate" / "outlook.json"
