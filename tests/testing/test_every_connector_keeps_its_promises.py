"""Our connectors pass the public check; one that breaks any single promise of it does not."""

import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from diapason import connectors
from diapason.errors import DataError
from diapason.ports import find, names
from diapason.ports.connector import Batch
from diapason.testing.connectors import check_connector, check_folder
from diapason.vocabulary.tables import ROW

HOME = Path(connectors.__path__[0])
OURS = ("files", "plant")
HOME_OF_TESTS = Path(__file__).parents[1] / "connectors"


def good() -> list[Batch]:
    """Two batches of a sound source: three rows handed out, one refused."""
    utc = pl.Series("t", [0, 1, 2], dtype=pl.Datetime("us", "UTC"))
    rows = pl.DataFrame({ROW: [0, 1, 3], "x": [1.0, 2.0, 3.0]}, schema={ROW: pl.Int64, "x": pl.Float64}).with_columns(
        utc
    )
    refused = pl.DataFrame({ROW: [2], "file": ["a"], "line": [4], "reason": ["not a number"], "raw": ["x"]})
    why = {"what": "separator", "why": {"en": "it fits", "zh": "相符"}}
    facts = {"digest": "abc", "assumed": [why]}
    return [Batch(rows[:2], refused, 3, facts), Batch(rows[2:], refused.head(0), 1, facts)]


class Source:
    """A connector whose batches are changed before they are handed out."""

    def __init__(self, change: Callable[[list[Batch], int], list[Batch]] = lambda made, _call: made) -> None:
        self.change, self.calls = change, 0

    async def batches(self, source, options):
        if source == "absent" or set(options) - {"decimal"}:
            raise self.refusal()
        self.calls += 1
        for batch in self.change(good(), self.calls):
            yield batch

    def refusal(self) -> Exception:
        return DataError("no such source", at="absent", fix="name another")


class Silent(Source):
    def refusal(self) -> Exception:
        return DataError("no such source")


class Willing(Source):
    async def batches(self, source, options):
        for batch in good():
            yield batch


def first(**changes: Any) -> Source:
    """The first batch is another."""
    return Source(lambda made, _: [replace(made[0], **{k: v(made[0]) for k, v in changes.items()}), *made[1:]])


def rows(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Source:
    """The rows of every batch are others."""
    return Source(lambda made, _: [replace(b, rows=change(b.rows)) for b in made])


def facts(**new: Any) -> Source:
    return first(facts=lambda b: {**b.facts, **new})


BROKEN = {
    "a source with rows gives at least one batch": Source(lambda made, _: []),
    "a source with rows gives rows": Source(
        lambda made, _: [Batch(made[0].rows.head(0), made[0].rejected.head(0), 0, made[0].facts)]
    ),
    "rows seen = rows handed out + rows refused": first(seen=lambda b: 2),
    "rows carry the int64 column": rows(lambda f: f.with_columns(pl.col(ROW).cast(pl.Int32))),
    "every batch has the columns and types of the first": Source(
        lambda made, _: [made[0], replace(made[1], rows=made[1].rows.with_columns(pl.col("x").cast(pl.String)))]
    ),
    "refused rows carry _row, file, line, reason and raw": first(rejected=lambda b: b.rejected.drop("raw")),
    "every refused row has a reason": first(rejected=lambda b: b.rejected.with_columns(reason=pl.lit(""))),
    "times are UTC": rows(lambda f: f.with_columns(pl.col("t").dt.replace_time_zone(None))),
    "of its own, refused ones too": first(rejected=lambda b: b.rejected.with_columns(pl.lit(1, pl.Int64).alias(ROW))),
    "counts from 0": first(rejected=lambda b: b.rejected.with_columns(pl.lit(-1, pl.Int64).alias(ROW))),
    "the facts of the first batch are plain JSON": facts(read=object()),
    "the facts of the first batch hold the digest of the source": facts(digest=""),
    "each assumption says why": facts(assumed=[{"what": "separator", "why": {"en": "it fits"}}]),
    "rows are handed out, not": rows(lambda f: f),
    "rows are refused, not": rows(lambda f: f),
    "are there": rows(lambda f: f),
    "the same source gives the same rows again": Source(
        lambda made, call: [replace(b, rows=b.rows.with_columns(pl.col("x") + call)) for b in made]
    ),
    "the same source has the same digest again": Source(
        lambda made, call: [replace(b, facts={**b.facts, "digest": f"d{call}"}) for b in made]
    ),
    "an error says what, where and the fix": Silent(),
    "is refused": Willing(),
}
ASKED = {
    "rows are handed out, not": {"rows": 4},
    "rows are refused, not": {"rejected": 0},
    "are there": {"columns": ("y",)},
}


def test_the_installed_ones_are_known_here() -> None:
    """A connector of ours that nobody checks would be a side door."""
    ours = {n for n in names("connectors") if (HOME / n).is_dir()}
    serve = {n: tomllib.loads((HOME / n / "manifest.toml").read_text(encoding="utf-8"))["serves"] for n in ours}
    assert {n for n, served in serve.items() if "tables" in served} == set(OURS)
    lines = {n for n, served in serve.items() if "lines" in served}
    checked = {p.parent.name for p in HOME_OF_TESTS.glob("*/*.py") if "check_line(" in p.read_text(encoding="utf-8")}
    assert lines == checked, "each connector for live sources passes `check_line` in its own tests"


@pytest.mark.parametrize("name", OURS)
def test_every_connector_keeps_its_promises(name: str, tmp_path: Path) -> None:
    """Rows add up, come again the same, with a digest; what can't be read is said with the fix."""
    (tmp_path / "a.csv").write_text("time,x\n" + "".join(f"2026-01-01 00:0{i}:00,{i}.5\n" for i in range(10)))
    sources = {"files": (tmp_path / "a.csv", tmp_path / "b.csv"), "plant": ("plant:lab?days=3", "plant:no_such_table")}
    source, absent = map(str, sources[name])
    check_connector(find("connectors", name), source, absent=absent)
    check_folder(HOME / name)


def test_a_sound_connector_of_somebody_else_passes() -> None:
    """So that what follows fails for its own reason."""
    made = check_connector(Source(), "good", rows=3, rejected=1, columns=("x", "t"), absent="absent")
    assert len(made) == 2


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_is_found_out(promise: str) -> None:
    """Each by the words of that promise."""
    with pytest.raises(AssertionError) as caught:
        check_connector(BROKEN[promise], "good", absent="absent", **ASKED.get(promise, {}))
    assert promise in str(caught.value)


FOLDER = {
    "manifest.toml names the folder": ("manifest.toml", 'name = "mine"', 'name = "other"'),
    "the title stands in both languages": ("manifest.toml", ', zh = "我的"', ""),
    "the direction is read or read-write": ("manifest.toml", '"read"', '"sideways"'),
    "needs lists the packages, or is empty": ("manifest.toml", "needs = []", ""),
    "the code begins in connector.py": ("connector.py", None, None),
    "is done, todo, exempt": ("checklist.yaml", "done", "perhaps"),
    "has a reason": ("checklist.yaml", "counted", ""),
}


@pytest.mark.parametrize("promise", FOLDER)
def test_a_folder_that_is_not_as_it_must_be_is_found_out(promise: str, tmp_path: Path) -> None:
    """Manifest, code and checklist."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "manifest.toml").write_text(
        'name = "mine"\ntitle = {en = "Mine", zh = "我的"}\ndirection = "read"\nneeds = []\n'
    )
    (folder / "connector.py").write_text("")
    (folder / "checklist.yaml").write_text("adds-up: {status: done, why: counted}\n")
    assert check_folder(folder) == {"adds-up": "done"}
    file, old, new = FOLDER[promise]
    if old is None:
        (folder / file).unlink()
    else:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
    with pytest.raises(AssertionError, match=promise):
        check_folder(folder)
    shutil.rmtree(folder)


def test_no_promise_is_asked_for_that_nobody_can_break(promised: Callable[[str], set[str]]) -> None:
    """Each stands above with a connector that breaks it."""
    shown = [*BROKEN, *FOLDER]
    assert [p for p in promised("connectors") if not any(p in s or s in p for s in shown)] == []
