"""An agent in shadow against those who do the work: events told by both, by one, by none, with an interval."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import diapason
from diapason.errors import DataError
from diapason.services import agent, operate
from diapason.services.operate.shadowing import paired
from diapason.services.workspace import open_workspace


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve events of an oven; the shift told of every second one."""
    folder = tmp_path_factory.mktemp("oven")
    n = 1200
    abnormal = (np.arange(n) % 100) >= 80
    heat = 60 + np.random.default_rng(0).normal(0, 1, n) + 30 * abnormal
    shift = abnormal & (np.arange(n) // 100 % 2 == 0) & ((np.arange(n) % 100) >= 90)
    table = {"time": np.arange(float(n)), "T": heat, "shift": shift.astype(int), "abnormal": abnormal.astype(int)}
    pl.DataFrame(table).write_csv(folder / "oven.csv")
    (folder / "rules.yaml").write_text("- {kind: above, tag: T, limit: 80, clear: 75}\n")
    made = diapason.init(folder / "plant", person="wang")
    made.ingest(str(folder / "oven.csv"), name="oven", time="time", target="abnormal")
    agent.create(
        open_workspace(folder / "plant", person="wang"), "oven-watch", rules=folder / "rules.yaml", asset="oven"
    )
    return folder / "plant"


def test_an_agent_that_tells_of_more_is_as_good(plant: Path, tmp_path: Path) -> None:
    """Twelve of twelve against six: the interval lies above the margin, and replay counts the same."""
    shutil.copytree(plant, tmp_path / "plant")
    ws = open_workspace(tmp_path / "plant", person="wang")
    made = operate.shadow(ws, "oven-watch", "oven", against="shift")
    assert (made["ours"]["misses"], made["theirs"]["misses"]) == (0, 6)
    assert made["difference"]["low"] > 0
    assert made["as_good"]
    assert (made["decisions"], made["violations"]) == (12, 0)
    back = operate.replay(ws, "oven-watch", "oven")
    assert back["line"] == made["ours"]
    assert back["alarms"] == 12
    with pytest.raises(DataError, match="no column 'crew' of alarms"):
        operate.shadow(ws, "oven-watch", "oven", against="crew")


def test_a_few_events_prove_little() -> None:
    """Two of two against one of two: better, and not shown to be."""
    value, low, high = paired([True, True], [True, False])
    assert value > 0
    assert low < 0 < high


def test_a_person_reads_it_in_both_languages(plant: Path, tmp_path: Path, call: Callable[..., Any]) -> None:
    """First the sentence, then the table; JSON for programs; a word too few is said."""
    shutil.copytree(plant, tmp_path / "plant")
    where = ("-w", str(tmp_path / "plant"), "--as", "wang")
    said = call("agent", "shadow", "oven-watch", "--from", "oven", "--against", "shift", *where)
    assert said.stdout.startswith("oven-watch@1 is as good as operators")
    assert "0/12" in said.stdout
    zh = call("agent", "replay", "oven-watch", "--from", "oven", "--lang", "zh", *where)
    assert zh.stdout.startswith("oven-watch@1 发现 12 次异常中的 12 次")
    assert call("agent", "replay", "oven-watch", *where).exit_code == 2
    assert call("agent", "run", *where).exit_code == 2
    assert "No fleet runs" in call("agent", "status", *where).stdout
    assert '"decisions": []' in call("agent", "status", "--json", *where).stdout
