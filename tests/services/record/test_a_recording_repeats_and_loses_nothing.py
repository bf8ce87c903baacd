"""Packets into the lake by way of the spool: whatever is killed, each reading is stored once and each row is whole."""

import shutil
from dataclasses import replace
from pathlib import Path
from random import Random

import msgspec
import numpy as np
import polars as pl
import pytest

from diapason.errors import Conflict, NotFound
from diapason.services import guard, record
from diapason.services.connect import Chosen, Connection
from diapason.services.connect.file import keep
from diapason.services.record.desk import Desk
from diapason.services.workspace import Workspace, init, open_workspace
from diapason.testing.killing import kill_at, touches, whole
from diapason.vocabulary.line import Kind, Packet, Point, Seen
from diapason.vocabulary.tables import VersionRef

SECOND = 1_000_000
BEGIN = 1_764_000_000 * SECOND
ASSETS = {"A": ("A/x", "A/y"), "B": ("B/x", "B/y")}
COLUMNS = ["A/x", "A/y", "B/x", "B/y"]


def line(layout: str = "wide", **more) -> Connection:
    points = [Point(tag, tag, asset=asset) for asset, tags in ASSETS.items() for tag in tags]
    chosen = tuple(Chosen(p, p.tag.partition("/")[2] if layout == "assets" else p.tag) for p in points)
    return Connection("feed", "mqtt://127.0.0.1:1", chosen, layout, every=1.0, **more)


def packets(ticks: int, begin: int = 0) -> list[Packet]:
    """One message per asset and second, numbered per asset."""
    made = []
    for k in range(begin, begin + ticks):
        for asset, tags in ASSETS.items():
            at, values = BEGIN + k * SECOND, np.array([k, k + 0.5]) + (1000 if asset == "B" else 0)
            made.append(
                Packet(asset, tags, values, np.full(2, at), np.zeros(2, np.uint8), at + 2000, sequence=k, source=asset)
            )
    return made


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    init(tmp_path / "plant", person="wang")
    return open_workspace(tmp_path / "plant")


def stored(ws: Workspace, name: str = "history") -> pl.DataFrame:
    return ws.lake.scan(VersionRef(name)).collect()


def moved(desk: Desk, *, whole: bool = False, kept: bool = True) -> None:
    number, state = desk.settled()
    desk.move(number, whole=whole)
    if kept:
        desk.keep(number, state)


@pytest.mark.parametrize("layout", ["wide", "assets", "long"])
@pytest.mark.parametrize("seed", range(2))
def test_a_kill_between_any_two_steps_repeats_nothing(ws, layout, seed):
    random, made = Random(seed), packets(60)
    desk, waiting, acknowledged = Desk(ws, line(layout), "history", "r"), [], 0
    while acknowledged < len(made) or waiting:
        act = random.random()
        if act < 0.80 and acknowledged + len(waiting) < len(made):
            one = made[acknowledged + len(waiting)]
            desk.take(one)
            waiting.append(one)
        elif act < 0.87:
            desk.settled()
            acknowledged, waiting = acknowledged + len(waiting), []
        elif act < 0.93:
            moved(desk, kept=random.random() < 0.5)  # a kill between the lake and the state of the account
        else:
            desk = Desk(ws, line(layout), "history", "r")  # the old one is dead: its file is as it left it
            waiting = []  # what was not acknowledged comes again
            assert desk.account()["totals"]["unexplained"] == 0
    moved(desk, whole=True)
    found = stored(ws)
    totals = desk.account()["totals"]
    assert totals["sent"] == totals["stored"] == 60 * 4
    assert totals["dropped"] == totals["rejected"] == 0
    if layout == "long":
        assert found.height == found.select("tag", "time").n_unique() == 240
        return
    keys = ["time"] if layout == "wide" else ["asset", "time"]
    assert found.height == found.select(keys).n_unique() == (60 if layout == "wide" else 120)
    assert found.drop("trust").null_count().sum_horizontal().item() == 0
    assert found["trust"].unique().to_list() == ["good"]


_FEED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_a_recording_repeats_and_loses_nothing import line, moved, packets
from diapason.services.record.desk import Desk
from diapason.services.workspace import open_workspace
ws = open_workspace(Path(sys.argv[1]))
desk = Desk(ws, line(), "history", "r")
for k, one in enumerate(packets(12)):
    desk.take(one)
    if k % 8 == 7:
        moved(desk)
moved(desk, whole=True)
desk.close()
"""


def test_a_kill_at_any_touch_of_the_disk_repeats_nothing_and_leaves_the_workspace_whole(tmp_path):
    (tmp_path / "feeding.py").write_text(_FEED)
    init(tmp_path / "plant", person="wang")
    module = ["feeding", str(tmp_path / "plant"), str(Path(__file__).parent)]
    random, site = Random(5), tmp_path / "plant"
    count = touches(module, site, cwd=tmp_path)
    for touch in sorted(random.sample(range(1, count), 2)):
        shutil.rmtree(site)
        init(site, person="wang")
        assert kill_at(module, touch, site, cwd=tmp_path)
        assert not whole(site)
        assert not kill_at(module, 0, site, cwd=tmp_path)
        found = stored(open_workspace(site)).sort("time")
        assert found["A/x"].to_list() == [float(k) for k in range(12)]
        assert found.height == 12


def test_what_is_rejected_is_set_aside_with_its_reason_and_a_person_may_release_it(ws):
    keep(ws, line())
    desk = Desk(ws, line(), "history", "r")
    for one in packets(4):
        desk.take(one)
    late = packets(1, begin=4)[0]
    desk.take(replace(late, at=late.at + 7200 * SECOND))
    desk.take(replace(late, sequence=5, values=np.array([np.inf, 1.0]), at=late.at + SECOND))
    desk.take(replace(late, sequence=6, texts={0: "off"}, values=np.array([np.nan, 1.0]), at=late.at + 2 * SECOND))
    moved(desk, whole=True)
    seen = guard.quarantine(ws, "history")
    assert {b["rules"] for b in seen["because"]} == {"A/x:future", "A/y:future", "A/x:finite", "A/x:type"}
    assert desk.account()["rejected_because"] == {"future": 2, "finite": 1, "type": 1}
    future = [r["number"] for r in seen["rows"] if "future" in r["because"]]
    before = stored(ws).height
    guard.decide(ws, "history", "release", ",".join(map(str, future)), because="the clock was wrong, the value is right")
    assert stored(ws).height == before + 2
    assert guard.quarantine(ws, "history")["waiting"] == 2


def test_a_bad_or_doubtful_reading_keeps_its_trust(ws):
    desk = Desk(ws, line(), "history", "r")
    one = packets(1)[0]
    desk.take(replace(one, values=np.array([np.nan, 2.0]), trust=np.array([Seen.BAD, Seen.DOUBTFUL], np.uint8)))
    moved(desk, whole=True)
    row = stored(ws).row(0, named=True)
    assert (row["A/x"], row["A/y"], row["trust"]) == (None, 2.0, "bad")


def test_another_dataset_or_another_choice_of_tags_lets_what_waits_go_where_it_belongs(ws):
    desk = Desk(ws, line(), "first", "r")
    for one in packets(5):
        desk.take(one)
    desk.close()
    fewer = replace(line(), chosen=line().chosen[:2])
    desk = Desk(ws, fewer, "second", "r")
    assert stored(ws, "first").height == 5
    for one in packets(3, begin=5):
        desk.take(one)
    moved(desk, whole=True)
    assert stored(ws, "second").columns == ["_row", "time", "A/x", "A/y", "trust"]
    assert stored(ws, "second")["A/x"].to_list() == [5.0, 6.0, 7.0]
    with pytest.raises(Conflict, match="first has other columns"):
        Desk(ws, fewer, "first", "r")


def test_without_its_spool_a_recording_begins_anew_and_stores_nothing_twice(ws):
    desk = Desk(ws, line(), "history", "r")
    for one in packets(30):
        desk.take(one)
    moved(desk, whole=True)
    desk.close()
    shutil.rmtree(ws.folder / "spool")
    desk = Desk(ws, line(), "history", "r")
    history = [replace(one, sequence=-1) for one in packets(40)]  # the source offers it all again
    for one in history:
        desk.take(one)
    moved(desk, whole=True)
    assert stored(ws).height == 40
    assert desk.account()["totals"]["duplicates"] == 30 * 4


def test_texts_are_columns_of_words(ws):
    mode = Chosen(Point("A/mode", "A/mode", Kind.TEXT, asset="A"), "mode")
    said = replace(line(), chosen=(*line().chosen[:2], mode))
    desk = Desk(ws, said, "history", "r")
    for k, one in enumerate(packets(3)[::2]):
        values, at = np.append(one.values, np.nan), np.full(3, one.at[0])
        told = {2: "auto" if k else "hand"}
        desk.take(replace(one, tags=(*one.tags, "A/mode"), values=values, at=at, trust=np.zeros(3, np.uint8), texts=told))
    moved(desk, whole=True)
    assert stored(ws)["mode"].to_list() == ["hand", "auto", "auto"]


def test_the_ledger_has_the_account_and_status_tells_it(ws):
    keep(ws, line())
    with pytest.raises(NotFound, match="'feed' was never recorded"):
        record.view(ws, "feed")
    desk = Desk(ws, line(), "history", "r")
    for one in packets(10):
        if one.sequence != 6 or one.asset != "B":
            desk.take(one)
    moved(desk)
    seen = record.view(ws, "feed")
    assert seen["waiting"] > 0
    assert not seen["running"]
    assert seen["account"]["totals"] | {"late": 0} == {
        "sent": 40, "stored": 38, "rejected": 0, "dropped": 2, "duplicates": 0, "late": 0, "unexplained": 0,
    }  # fmt: skip
    assert seen["account"]["dropped_because"] == {"gap": 2}
    (brief,) = record.brief(ws)
    assert brief["totals"]["sent"] == 40
    assert msgspec.json.encode(seen)
