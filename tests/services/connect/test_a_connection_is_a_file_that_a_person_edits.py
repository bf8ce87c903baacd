"""Strict, without secrets, written once and read back the same; tags are chosen in bounded time."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from diapason.errors import DataError, NotFound
from diapason.services.connect import Chosen, Connection, Wish, connection, connections, opened
from diapason.services.connect.browsing import browsed, choose
from diapason.services.connect.file import keep
from diapason.services.connect.listening import Heard
from diapason.services.connect.proposing import chosen, guesses, layout
from diapason.services.workspace import Workspace, init, open_workspace
from diapason.vocabulary.line import Kind, Packet, Point

SECOND = 1_000_000
BEGIN = 1_764_000_000 * SECOND

POINTS = (
    Point("R-101/TIC-201.PV", "ns=2;s=1", unit="°C", low=0.0, high=200.0, title="Reactor temperature", asset="R-101"),
    Point("R-101/mode", "ns=2;s=2", Kind.TEXT, title='"Mode" of the reactor\\n', asset="R-101"),
    Point("K-201/冷却水压力", "ns=2;s=3", title="冷却水压力", asset="K-201", writable=True),
)


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    init(tmp_path / "plant", person="wang")
    return open_workspace(tmp_path / "plant")


def made(**more) -> Connection:
    said = {"options": {"security": "none", "interval": 0.5, "topics": ["a/#", "b"]}, "every": 1.5} | more
    return Connection(
        "boiler",
        "opc.tcp://h:4840",
        tuple(Chosen(p, p.tag, 1.0, "source", "source" if p.low is not None else "") for p in POINTS),
        **said,
    )


def test_what_was_written_is_read_back_the_same(ws):
    keep(ws, made())
    assert connection(ws, "boiler") == made()
    assert connections(ws) == ("boiler",)


WRONG = [
    ("lenght = 3", "unknown field `lenght`"),
    ('layout = "tall"', "layout"),
    ("ahead = -1", "ahead"),
    ("format = 2", "format"),
    ("tags = 3", "tags"),
    ('tags = [{tag = "a", kind = "colour"}]', "kind"),
    ('tags = [{tag = "a"}, {tag = "a", column = "b"}]', "tag 'a' stands twice"),
    ('layout = "wide"\ntags = [{tag = "a", column = "c"}, {tag = "b", column = "c"}]', "column 'c' stands twice"),
    ('[options]\npassword = "x"', "a secret would be written"),
    ('address = "mqtt://me:word@host"', "a secret would be written"),
    ("layout =", "the file is not TOML"),
]


@pytest.mark.parametrize(("line", "what"), WRONG, ids=[w[0][:30] for w in WRONG])
def test_a_mistake_in_the_file_is_told_with_its_place(ws, line, what):
    path = keep(ws, made())
    text = {"format": "1", "address": '"mqtt://host"', "tags": '[{tag = "a"}]'}
    given = {part.partition("=")[0].strip() for part in line.splitlines()}
    top = "\n".join(f"{k} = {v}" for k, v in text.items() if k not in given)
    path.write_text(f"{top}\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError) as error:
        connection(ws, "boiler")
    assert what in str(error.value)
    assert error.value.fix


def test_a_connection_that_is_not_there_and_an_address_that_is_none_are_told(ws):
    with pytest.raises(NotFound, match="no connection 'boiler'"):
        connection(ws, "boiler")
    keep(ws, Connection("odd", "ftp://x", ()))
    with pytest.raises(DataError, match="no address of a line"):
        asyncio.run(opened(ws, "odd"))


class Large:
    """A source with as many tags as one likes."""

    def __init__(self, count: int, wait: float = 0.0) -> None:
        self.count, self.wait = count, wait

    async def browse(self, under: str = "", *, most: int = 100_000) -> AsyncIterator[Point]:
        for i in range(self.count):
            if self.wait:
                await asyncio.sleep(self.wait)
            asset = f"U-{i // 100:04d}"
            what = ("temperature", "pressure", "flow")[i % 3]
            yield Point(f"{asset}/{what[0].upper()}I-{i}", str(i), title=f"{what} {i}", asset=asset)


def found(line: Large, wish: Wish) -> tuple[Point, ...]:
    return choose(asyncio.run(browsed(line, wish)), wish, "opc.tcp://h")


def test_a_hundred_thousand_tags_are_not_taken_unasked_and_are_found_by_pattern_in_time():
    large = Large(100_000)
    with pytest.raises(DataError) as error:
        found(large, Wish())
    assert "100,000 tags" in str(error.value)
    assert "--tags 'U-" in str(error.value)
    begin = time.process_time()
    assert len(found(large, Wish(("U-0042/*",)))) == 100
    assert time.process_time() - begin < 10
    assert [p.tag for p in found(Large(200), Wish(("*/ti-99",)))] == ["U-0000/TI-99"]
    with pytest.raises(DataError, match="more than 10 tags"):
        found(Large(2000), Wish(("U-00*",), most=10))
    with pytest.raises(NotFound, match="no tag fits 'nothing\\*'"):
        found(Large(200), Wish(("nothing*",)))


def test_a_source_that_takes_too_long_is_left_with_what_was_found():
    slow = asyncio.run(browsed(Large(100_000, wait=0.01), Wish(("U-*",), seconds=0.5)))
    assert slow.cut == "time"
    assert 0 < slow.seen < 1000


@pytest.mark.parametrize(("words", "tags"), [("temperature", [0]), ("温度", [0]), ("pressure", [2]), ("压力", [2])])
def test_tags_are_found_by_what_they_mean_in_either_language(words, tags):
    class Few:
        async def browse(self, under="", *, most=0):
            for point in POINTS:
                yield point

    assert found(Few(), Wish(find=words)) == tuple(POINTS[i] for i in tags)


def heard(points, together: bool) -> Heard:
    said = Heard(5.0)
    for k in range(6):
        for i, point in enumerate(points):
            at = BEGIN + k * SECOND + (0 if together else i * 7000)
            one = np.array([60.0 + k]), np.array([at]), np.zeros(1, np.uint8)
            said.take(Packet(point.asset, (point.tag,), *one, at + 2_000_000))
    return said


ALIKE = tuple(Point(f"P-{i}/{n}", n, title=n, asset=f"P-{i}") for i in range(4) for n in ("flow", "temperature"))


@pytest.mark.parametrize(
    ("points", "together", "how"),
    [(POINTS, True, "wide"), (POINTS, False, "long"), (ALIKE, True, "assets"), (ALIKE, False, "assets")],
)
def test_rows_are_what_fits(points, together, how):
    assert layout(points, heard(points, together)) == how


def test_units_and_columns_say_where_they_come_from_and_a_guess_stays_a_question(ws):
    said = heard(POINTS, together=True)
    one, mode, pressure = chosen(POINTS, said, "wide")
    assert (one.point.unit, one.unit_from, one.range_from, one.column) == ("Cel", "source", "source", "TIC-201.PV")
    assert (mode.point.unit, mode.unit_from) == ("", "")
    assert (pressure.point.unit, pressure.unit_from, pressure.every) == ("", "", 1.0)
    named = chosen((Point("flow [t/h]", "x"),), said, "wide")[0]
    assert (named.point.unit, named.unit_from) == ("t/h", "name")
    assert said.offsets()["R-101"] == pytest.approx(2.0)
    told = guesses(
        Connection("b", "x", chosen(ALIKE, heard(ALIKE, together=True), "assets")), heard(ALIKE, together=True)
    )
    assert {g["unit"] for g in told} <= {"Cel"}
