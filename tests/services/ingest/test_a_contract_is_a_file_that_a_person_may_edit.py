"""Contracts round-trip exactly, are read strictly, and a person's word wins."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.errors import DataError, NotFound
from diapason.services.ingest import contract, contract_text, keep_contract, run
from diapason.services.ingest.contracts import read_contract
from diapason.services.workspace import Workspace, init, open_workspace
from diapason.vocabulary.tables import Column, Contract, Role

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
LIMITS = st.none() | st.floats(allow_nan=False)
COLUMNS = st.builds(
    Column,
    WORDS,
    st.sampled_from(["number", "category", "text", "time", "flag"]),
    st.sampled_from(Role),
    WORDS | st.just(""),
    WORDS | st.just(""),
    st.floats(0, 1),
    LIMITS,
    LIMITS,
)
TABLE = "unit,cycle,T_in [°C],note\n" + "".join(f"{u},{c},{20 + c}.5,ok\n" for u in (1, 2, 3) for c in range(1, 9))


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A workspace with one dataset, `turbofan`."""
    init(tmp_path / "plant", person="li")
    (tmp_path / "data.csv").write_text(TABLE)
    workspace = open_workspace(tmp_path / "plant")
    asyncio.run(run(workspace, str(tmp_path / "data.csv"), name="turbofan"))
    return workspace


@settings(max_examples=80, deadline=None)
@given(
    st.builds(
        Contract,
        WORDS,
        st.lists(COLUMNS, max_size=8, unique_by=lambda c: c.name).map(tuple),
        st.booleans(),
        st.lists(WORDS, max_size=3).map(tuple),
    )
)
def test_a_contract_comes_back_as_it_was_written(agreed: Contract) -> None:
    """Both ways: the same contract, and the same text again."""
    text = contract_text(agreed)
    assert read_contract(text.encode(), "x") == agreed
    assert contract_text(read_contract(text.encode(), "x")) == text


WRONG = [
    ("colour: red", "unknown field `colour`", ""),
    ("columns: 5", "Expected `array`", "columns"),
    ("columns: [{name: a, kind: number, rolle: time}]", "unknown field `rolle`", "columns[0]"),
    ("columns: [{name: a, kind: number, role: tine}]", "Invalid enum value 'tine'", "columns[0].role"),
    ("columns: [{name: a, kind: numeric}]", "Invalid enum value 'numeric'", "columns[0].kind"),
    ("columns: [{name: a, kind: number, sure: 2}]", "<= 1", "columns[0].sure"),
    ("columns: [{name: a, kind: number, low: cold}]", "Expected `float | null`", "columns[0].low"),
    ("columns: [{name: a, kind: number}, {name: a, kind: text}]", "stands twice", ""),
    ("columns: [{name: a", "cannot be read", ":"),
    ("- just\n- a list", "Expected `object`", ""),
]


@pytest.mark.parametrize(("wrong", "what", "where"), WRONG, ids=[w for w, _, _ in WRONG])
def test_a_wrong_contract_is_refused_with_the_field(wrong: str, what: str, where: str, ws: Workspace) -> None:
    """Never half understood."""
    path = ws.folder / "contracts" / "turbofan.yaml"
    path.write_text(
        wrong
        if wrong.startswith("-")
        else "name: turbofan\n" + ("columns: []\n" if "columns" not in wrong else "") + wrong
    )
    with pytest.raises(DataError) as refused:
        contract(ws, "turbofan")
    assert what in str(refused.value)
    assert str(path) in refused.value.at
    assert where in refused.value.at


def test_an_unknown_dataset_has_no_contract(ws: Workspace) -> None:
    """And the error says how to get one."""
    with pytest.raises(NotFound, match="no contract for 'pump'"):
        contract(ws, "pump")


def test_a_persons_edit_wins_over_every_new_proposal(ws: Workspace, tmp_path: Path) -> None:
    """Role, unit and limits stay as edited when the next file comes."""
    path = ws.folder / "contracts" / "turbofan.yaml"
    text = path.read_text().replace("name: unit, kind: number, role: asset", "name: unit, kind: number, role: ignored")
    text = text.replace("unit: Cel", "unit: K, low: 0.0, high: 400.0")
    path.write_text("# by hand\n" + text)
    (tmp_path / "more.csv").write_text(TABLE.replace("21.5", "99.5"))
    done = asyncio.run(run(ws, str(tmp_path / "more.csv"), name="turbofan"))
    agreed = contract(ws, "turbofan")
    assert done["version"] == 2
    assert agreed.column("unit").role is Role.IGNORED
    assert (agreed.column("T_in [°C]").unit, agreed.column("T_in [°C]").low) == ("K", 0.0)
    assert path.read_text().startswith("# by hand"), "a file that says the same is left as it is"


def test_a_word_on_the_command_line_wins_over_the_contract(ws: Workspace, tmp_path: Path) -> None:
    """And the role it takes away goes back to a feature."""
    done = asyncio.run(run(ws, str(tmp_path / "data.csv"), name="turbofan", asset="note", target="3"))
    agreed = contract(ws, "turbofan")
    assert done["same"] is True
    assert done["contract_changed"] is True
    assert agreed.names(Role.ASSET) == ("note",)
    assert agreed.names(Role.TARGET) == ("T_in [°C]",)
    assert agreed.column("unit").role is Role.FEATURE


def test_a_contract_is_written_whole(ws: Workspace) -> None:
    """A new name, limits and all, and no temporary file left."""
    agreed = Contract("涡轮", (Column("温度", "number", unit="Cel", low=-20.0),))
    path = keep_contract(ws, agreed)
    assert contract(ws, "涡轮") == agreed
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["../up", "a/b", "con", "x.rejected", "", "a@1"])
def test_a_hostile_name_is_refused(name: str, ws: Workspace, tmp_path: Path) -> None:
    """Before anything is read or written."""
    with pytest.raises(DataError):
        asyncio.run(run(ws, str(tmp_path / "data.csv"), name=name))
