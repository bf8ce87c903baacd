"""What comes next stands where a person looks: from the embedded plant's own readings, beside what came of it."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from diapason.engines.agents import Crew, Known, Ticks
from diapason.engines.learning.recipes import linear
from diapason.engines.trust import margins
from diapason.faces.cli.app import called
from diapason.ports import find
from diapason.services import agent, operate
from diapason.services.operate.fleet import Fleet
from diapason.services.operate.foreseeing import Outlook
from diapason.services.operate.looking import note
from diapason.services.operate.proposing import Proposer
from diapason.services.operate.squads import Model, Squad
from diapason.services.operate.viewing import seen
from diapason.services.workspace import Workspace
from diapason.vocabulary.acting import Manifest
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.line import Packet
from diapason.vocabulary.tasks import Task

LIMIT = 4.5
RULES = f"""- {{kind: above, tag: VI-101, limit: {LIMIT}, clear: 4, name: bearing}}
- {{kind: below, tag: PI-102, limit: 1, ahead: 0}}
"""
STEP = 10  # s


class Pump:
    """The embedded plant's feed pump, whose bearing wears, and an agent that watches it; the clock is the plant's."""

    def __init__(self, ws: Workspace, tmp_path: Path) -> None:
        (tmp_path / "pump.yaml").write_text(RULES)
        agent.create(ws, "p-101", rules=tmp_path / "pump.yaml", asset="P-101")
        self.ws, self.manifests = ws, operate.chosen(ws, ["p-101"])
        self.plant = find("plants", "hydrogenation")().live(datetime.now(UTC), seed=7, copies=1, days=0.05)
        self.plant.plant_fault("bearing_wear", "P-101", 3.0, after=600, lasting=6 * 3600)
        self.at, self.seen = int(time.time() * 1e6), list[tuple[int, float]]()
        self.fleet = self._fleet()

    def _fleet(self) -> Fleet:
        squads = operate.squads.gathered(self.ws, self.manifests, operate.Pace())
        return Fleet(self.ws, squads, "operate-test", lambda _s, _f: None)

    def lives(self, steps: int) -> list[dict[str, Any]]:
        """So many steps; what was told after each."""
        tags = [p.tag for p in self.plant.points()]
        place = [tags.index(t) for t in ("VI-101", "PI-102")]
        told = []
        for _ in range(steps):
            self.at += STEP * 1_000_000
            self.plant.advance(STEP, self.at)
            values = self.plant.readings().values[place]
            at = np.full(2, self.at)
            self.fleet.take([Packet("P-101", ("VI-101", "PI-102"), values, at, np.zeros(2, np.uint8), self.at)])
            self.fleet.outlook.look()
            self.seen.append((self.at, float(values[0])))
            told += [one | {"told": self.at} for one in self.fleet.outlook.told()]
        return told

    def status(self) -> None:
        note(self.ws, seen(self.fleet, {}, Proposer(self.ws, self.manifests, {}, shadow=True)))

    def again(self) -> None:
        """The process ends and another goes on."""
        self.fleet.end()
        self.fleet = self._fleet()


@pytest.fixture
def pump(ws: Workspace, tmp_path: Path) -> Pump:
    return Pump(ws, tmp_path)


def test_a_worn_bearing_is_told_before_its_limit(pump: Pump) -> None:
    """The rule with `ahead: 0` foresees nothing; the other says when, and the limit comes in nearly all intervals."""
    told = pump.lives(700)
    assert {one["tag"] for one in told} == {"VI-101"}
    forecasts = [one for one in told if one["forecast"] is not None]
    then = dict(pump.seen)
    inside = [
        one["forecast"]["low"] <= then[at] <= one["forecast"]["high"]
        for one in forecasts
        if (at := one["told"] + round(one["forecast"]["ahead_s"] / STEP) * STEP * 1_000_000) in then
    ]
    assert len(inside) > 300
    assert np.mean(inside) > 0.7  # wear that quickens is no series of the past, and means are not single readings
    reached = next(at for at, value in pump.seen if value >= LIMIT)
    limits = [(one["told"], one["reach"]) for one in told if one["reach"] is not None and one["told"] < reached]
    assert limits[0][0] < reached - 900e6
    near = [(r["low_s"], (reached - at) / 1e6, r["high_s"]) for at, r in limits if reached - at < 1800e6]
    slack = 128  # s: two stretches, since a limit is that of one reading and a trend that of means
    assert np.mean([low - slack <= real <= (high or np.inf) + slack for low, real, high in near]) > 0.7
    assert np.mean([real < low - slack for low, real, _ in near]) < 0.2


def test_a_person_sees_it_in_status_and_show(
    pump: Pump, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`agent status`, `agent show` and `--json`, in both languages; nothing where the inputs can't be trusted."""
    monkeypatch.chdir(pump.ws.folder)
    pump.lives(450)
    pump.fleet.outlook.keep()
    pump.fleet.end()
    pump.status()
    assert called(["agent", "status", "p-101", "--as", "wang"]) == 0
    en = capsys.readouterr().out
    assert "p-101 VI-101: limit 4.5 in " in en
    assert " to " in en
    assert called(["agent", "status", "--as", "wang", "--lang", "zh"]) == 0
    assert "后达到限值 4.5" in capsys.readouterr().out
    assert called(["agent", "show", "p-101", "--as", "wang"]) == 0
    assert "limit 4.5 in " in capsys.readouterr().out
    assert called(["agent", "status", "--json", "--as", "wang"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["outlook"]
    assert one["reach"]["low_s"] <= one["reach"]["s"]
    assert one["forecast"]["low"] <= one["forecast"]["value"] <= one["forecast"]["high"]


def test_a_restart_goes_on_from_what_was_seen(pump: Pump) -> None:
    """The first look after it stands on the hours before it."""
    pump.lives(300)
    before = pump.fleet.outlook.told()[0]["seen_s"]
    pump.again()
    assert pump.fleet.outlook.told() == []
    (after, *_) = pump.lives(20)
    assert after["seen_s"] >= before - 2 * 150
    assert after["forecast"] is not None


def test_nothing_is_foreseen_from_inputs_that_cannot_be_trusted(pump: Pump) -> None:
    """The value is missing: neither forecast nor limit, and both come back with it."""
    pump.lives(400)
    pump.at += STEP * 1_000_000
    at = np.full(2, pump.at)
    pump.fleet.take([Packet("P-101", ("VI-101", "PI-102"), np.full(2, np.nan), at, np.full(2, 2, np.uint8), pump.at)])
    pump.fleet.outlook.look()
    (one,) = pump.fleet.outlook.told()
    assert (one["trust"], one["forecast"], one["reach"]) == ("bad", None, None)
    assert pump.lives(1)[0]["forecast"] is not None


def test_the_life_that_is_left_has_its_interval(ws: Workspace) -> None:
    """A model of remaining life says how much is left, between the ends that its split has shown, not below 0."""
    draw = np.random.default_rng(0)
    wear = draw.uniform(0, 10, 500)
    life = 100 - 10 * wear + draw.normal(0, 2, 500)
    learnt = linear.recipe.fit(
        Examples(Task.REGRESSION, pl.DataFrame({"wear": wear}), life, np.arange(500)),
        linear.recipe.settings(Task.REGRESSION)[1],
        0,
    )
    known, shown = Known.of(("wear",), [("wear", 0.0, 10.0, 0.0)]), margins(life, 100 - 10 * wear)
    model = Model("tool@1", "d", Task.REMAINING_LIFE, linear.recipe, learnt, ("wear",), (), known, shown)
    one = Manifest("m-1", 1, "", "wang", "2099-01-01T00:00:00+00:00", "M-1", "tool@1", ())
    crew = Crew(["m-1"], lambda who: linear.recipe.stream(learnt, ["M-1"] * len(who)), known, alarms=False)
    squad = Squad("k", (one,), ("wear",), {}, crew, Ticks(1, 1, lambda _a, _t: (0, 0)), model)
    ahead = Outlook(ws, [squad])
    ahead.look()
    assert ahead.told() == []
    for second, value in ((1, 4.0), (2, 9.9)):
        packet = Packet("M-1", ("wear",), np.array([value]), np.full(1, second * 10**6), np.zeros(1, np.uint8), 0)
        for _ in squad.take([packet]):
            ahead.look()
            (told,) = ahead.soonest()
            assert told["kind"] == "life"
            assert told["value"] == pytest.approx(100 - 10 * value, abs=1)
            assert max(0, told["value"] - 5) <= told["low"] <= told["value"] <= told["high"] <= told["value"] + 5
    assert told["low"] == 0.0


def test_looking_ahead_costs_no_more_than_it_may(ws: Workspace) -> None:
    """A thousand agents with a limit each: a look takes its two thousandths of a second and little besides."""
    rules = ({"kind": "above", "tag": "T", "limit": 80.0},)
    every = [
        Manifest(f"k-{i}", 1, "", "wang", "2099-01-01T00:00:00+00:00", f"K-{i}", "", (), rules=rules)
        for i in range(1000)
    ]
    squads = operate.squads.gathered(ws, every, operate.Pace())
    ahead, draw = Outlook(ws, squads), np.random.default_rng(0)
    spent = []
    for second in range(1, 120):
        at, trust = np.full(1, second * 10**6), np.zeros(1, np.uint8)
        packets = [Packet(f"K-{i}", ("T",), draw.normal(50, 1, 1), at, trust, 0) for i in range(1000)]
        for squad in squads:
            assert sum(len(d.rows) for d in squad.take(packets)) == 1000
        begin = time.thread_time()
        ahead.look()
        spent.append(time.thread_time() - begin)
    assert np.median(spent) < 0.01
    assert len(ahead.told()) > 500


def test_replay_says_how_forecasts_fared(
    pump: Pump, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was foreseen at the end of the history, and how many forecasts along it came as told."""
    import diapason

    pump.lives(450)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = {"time": [begin + timedelta(seconds=STEP * i) for i in range(len(pump.seen))]}
    table = pl.DataFrame(rows | {"asset": "P-101", "VI-101": [v for _, v in pump.seen], "PI-102": 5.0})
    table.write_csv(tmp_path / "pump.csv")
    diapason.open_plant(pump.ws.folder, person="wang").ingest(
        str(tmp_path / "pump.csv"), name="pump", asset="asset", time="time"
    )
    monkeypatch.chdir(pump.ws.folder)
    assert called(["agent", "replay", "p-101", "--from", "pump", "--as", "wang"]) == 0
    out = capsys.readouterr().out
    assert "limit 4.5 in " in out
    (one,) = operate.replay(pump.ws, "p-101", "pump")["outlook"]
    assert one["tag"] == "VI-101"
    assert one["made"] >= 1
    assert one["error"] is not None
    assert 0 <= one["inside"]["low"] <= one["inside"]["value"] <= one["inside"]["high"] <= 1
