"""What columns are for: proposed with reasons, doubted aloud, never guessed in silence."""

import ast
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
import yaml

from diapason.engines.schema import SURE, propose, unit_code
from diapason.engines.schema.units import unit_of
from diapason.knowledge.columns import lexicon
from diapason.knowledge.findings import kinds, sentence
from diapason.vocabulary.tables import Role

LEXICON = lexicon()
N = 120


def roles(columns: dict[str, Sequence[object]], **said: object) -> dict[str, str]:
    """The role of each column that is no feature and sure enough."""
    proposals, _ = propose(pl.DataFrame(columns, strict=False), LEXICON, **said)  # type: ignore[arg-type]
    return {p.column: p.role.value for p in proposals if p.role is not Role.FEATURE and p.sure >= SURE}


SAW = [(u, c) for u in range(1, 7) for c in range(1, 21)]
DAYS = pl.datetime_range(pl.datetime(2026, 1, 1), pl.datetime(2026, 1, 1, 1, 59), "1m", eager=True)
VALUES = [((i * 7919) % 101) / 7 for i in range(N)]
FLAGS = [int(i % 13 == 0) for i in range(N)]

ROLES = {
    "no names at all": (
        {"column_1": [u for u, _ in SAW], "column_2": [c for _, c in SAW], "x": VALUES},
        {"column_1": "asset", "column_2": "time"},
    ),
    "names in Chinese": (
        {"设备编号": [u for u, _ in SAW], "周期": [c for _, c in SAW], "故障": FLAGS},
        {"设备编号": "asset", "周期": "time", "故障": "target"},
    ),
    "a date and a value": ({"when": DAYS, "x": VALUES}, {"when": "time"}),
    "interleaved assets": (
        {"t": DAYS, "pump": [f"P{i % 3}" for i in range(N)], "x": VALUES},
        {"t": "time", "pump": "asset"},
    ),
    "an id is an asset, a failure is not": (
        {"Machine ID": [i // 40 for i in range(N)], "Machine.failure": FLAGS, "x": VALUES},
        {"Machine ID": "asset", "Machine.failure": "target"},
    ),
    "heats": ({"heat_no": [i // 5 for i in range(N)], "炉温": VALUES}, {"heat_no": "batch"}),
    "rows that are only counted": ({"index": list(range(N)), "x": VALUES}, {"index": "ignored"}),
    "rows that are only named": ({"serial": [f"S{i:04d}" for i in range(N)], "x": VALUES}, {"serial": "ignored"}),
    "set points are no targets": ({"temperature_target": VALUES, "x": VALUES}, {}),
    "remaining life": ({"RUL": [N - i for i in range(N)], "x": VALUES}, {"RUL": "target"}),
    "y alone is a target, in a longer name it is not": ({"y": VALUES, "Y_Minimum": VALUES}, {"y": "target"}),
    "a constant label is none": ({"label": [1] * N, "x": VALUES}, {}),
}


@pytest.mark.parametrize("case", ROLES)
def test_roles_are_found(case: str) -> None:
    """By type, by names in both languages, by the order of the values."""
    columns, expected = ROLES[case]
    assert roles(columns) == expected


def test_two_dates_are_asked_about_unless_one_is_plainly_the_clock() -> None:
    """Shuffled delivery dates are not the time of the row."""
    asked = {"start": DAYS, "end": DAYS, "x": VALUES}
    proposals, doubts = propose(pl.DataFrame(asked), LEXICON)
    assert [d.choices for d in doubts if d.about == "time"] == [("start", "end")]
    assert all(p.role is Role.FEATURE and p.sure < 0.5 for p in proposals if p.column in ("start", "end"))
    assert roles({"delivered": DAYS.shuffle(1), "Timestamp": DAYS})["Timestamp"] == "time"
    gaps = [None if i % 3 else day for i, day in enumerate(DAYS)]
    assert roles({"taken": DAYS, "result": gaps})["taken"] == "time"


def test_several_targets_are_asked_about() -> None:
    """None is taken."""
    _, doubts = propose(pl.DataFrame({"anomaly": FLAGS, "fault": FLAGS[::-1], "x": VALUES}), LEXICON)
    assert [d.choices for d in doubts if d.about == "target"] == [("anomaly", "fault")]


def test_a_person_is_believed() -> None:
    """Whatever the names say."""
    columns = {"unit": [u for u, _ in SAW], "cycle": [c for _, c in SAW], "x": VALUES}
    assert roles(columns, said={Role.TARGET: ["cycle"]}) == {"unit": "asset", "cycle": "target"}


def test_each_of_several_files_is_a_recording() -> None:
    """Unless something else groups the rows."""
    assert roles({"file": ["a"] * 60 + ["b"] * 60, "x": VALUES}, file_column="file") == {"file": "batch"}


UNITS = """\
T_in [°C]=Cel, 温度(℃)=Cel, 温度（℃）=Cel, temp_C=Cel, Temperature / K=K, p (bar(g))=bar, 压力(MPa)=MPa, Usage_kWh=kW.h
Speed [rpm]=/min, 转速(r/min)=/min, Torque [Nm]=N.m, flow_m3h=m3/h, Feed [t/h]=t/h, 流量(m³/h)=m3/h, CO2(tCO2)=t
Power_kW=kW, level_%=%, v [mm/s]=mm/s, U in V=V, voltage_V=V, pump [A]=A, length.mm=mm, Druck_bar=bar, 含水率(%)=%
Drehzahl_U/min=/min, phase_A=, class_C=, T_min=, tag_7=, x=, 液位_mm=mm, vib [mm/s²]=, p_abs [mbar]=mbar, dp(kPa)=kPa
"""
UNITS_OF = [tuple(pair.rsplit("=", 1)) for pair in UNITS.replace("\n", ", ").split(", ") if pair]


@pytest.mark.parametrize(("name", "unit"), UNITS_OF, ids=[n for n, _ in UNITS_OF])
def test_units_are_read_from_names(name: str, unit: str) -> None:
    """Brackets, endings and slashes in both languages; a letter that may be anything is left alone."""
    assert unit_of(name, "", 1.5, 7.5, LEXICON).unit == unit


RANGES = [
    ("Air_temperature", 295.3, 304.5, "K"),
    ("temperature", 1.8, 37.1, "Cel"),
    ("炉温", 900, 1250, "Cel"),
    ("pressure", 992.9, 1033.3, "mbar"),
    ("humidity", 25.6, 100.2, "%"),
    ("humidity", 0.2, 0.9, ""),
    ("Rotational_speed", 1168, 2886, "/min"),
    ("Current_Power_Factor", 0, 100, ""),
]


@pytest.mark.parametrize(("name", "low", "high", "guess"), RANGES)
def test_a_unit_that_only_fits_is_asked_about_not_taken(name: str, low: float, high: float, guess: str) -> None:
    """Name and range suggest, a person decides."""
    measured = unit_of(name, "", low, high, LEXICON)
    assert measured.unit == ""
    assert measured.guess == guess


@pytest.mark.parametrize(
    ("written", "code"),
    [("°C", "Cel"), ("BAR", "bar"), ("mw", ""), ("MW", "MW"), ("mW", "mW"), ("kwh", "kW.h"), ("furlong", "")],
)
def test_case_matters_only_where_it_tells_units_apart(written: str, code: str) -> None:
    """A milliwatt is no megawatt."""
    assert unit_code(written, LEXICON) == code


def test_a_unit_given_in_the_file_counts_and_a_strange_one_is_asked_about() -> None:
    """From a row of units."""
    proposals, doubts = propose(pl.DataFrame({"a": VALUES, "b": VALUES}), LEXICON, units={"a": "℃", "b": "Bq"})
    assert [p.unit for p in proposals] == ["Cel", ""]
    assert [d.about for d in doubts] == ["units.b"]


def test_every_reason_can_be_said_in_both_languages() -> None:
    """Each kind that the engine names has its sentence, and each sentence its facts."""
    folder = Path(__file__).parents[3] / "src/diapason/engines/schema"
    trees = [ast.parse(p.read_text(encoding="utf-8")) for p in folder.glob("*.py")]
    texts = {n.value for t in trees for n in ast.walk(t) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    known = {kind for kind in kinds() if kind.startswith("schema_")}
    assert {t for t in texts if t.startswith("schema_") and t != "schema_"} <= known
    for columns, _ in ROLES.values():
        proposals, doubts = propose(pl.DataFrame(columns, strict=False), LEXICON, units={"x": "Bq"}, file_column="x")
        for why in [w for p in proposals for w in p.why] + [d.why for d in doubts]:
            assert why.kind in known
            assert "?" not in sentence(why, "en") + sentence(why, "zh")


def test_no_spelling_stands_for_two_units() -> None:
    """The file of knowledge is of one mind, but for reactive power, which UCUM has no name of its own for."""
    spelt: dict[str, set[str]] = {}
    for unit in LEXICON.units:
        for word in (unit.code, *unit.spellings):
            spelt.setdefault(word, set()).add(unit.code)
    assert {word: codes for word, codes in spelt.items() if len(codes) > 1} == {}


def test_the_words_of_roles_do_not_contradict_each_other() -> None:
    """A word is an asset or a batch, not both."""
    path = Path(__file__).parents[3] / "src/diapason/knowledge/columns.yaml"
    words = yaml.safe_load(path.read_text(encoding="utf-8"))["roles"]
    assert set(words["asset"]).isdisjoint(words["batch"])
    assert set(words["target"]).isdisjoint(words["perhaps_target"])
