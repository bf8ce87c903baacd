"""A programme's totals are those of a recount of its lines, in any order, on SQLite and on PostgreSQL."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diapason.errors import Conflict, DataError, DiapasonError, Missing
from diapason.stores.programme import opened
from diapason.stores.programme.database import Database
from diapason.vocabulary.programme import AXES, Axis, Filed, Line


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind."""
    own = f"sqlite:///{tmp_path / 'programme.db'}"
    made = opened(request.getfixturevalue("postgres") if request.param == "postgresql" else own)
    yield made
    made.close()


def _empty(store: Database) -> Database:
    for table in ("lines", "totals", "workspaces"):
        store._db.execute(f"DELETE FROM {table}")
    return store


def _key(i: int) -> str:
    return sha256(str(i).encode()).hexdigest()


lines = st.builds(
    lambda what, state, same, since: Line(what, "", "accepted" if same else state, same, since),
    st.sampled_from(("dataset", "annex2:13")),
    st.sampled_from(("accepted", "refused", "level 2")),
    st.sampled_from(("", "", "data:a", "data:b")),
    st.sampled_from(("2026-01", "2026-02")),
)
readings = st.builds(
    lambda i, month, seq, found, sector, region: Filed(
        _key(i), f"plant-{i}", f"2026-{month}-01", seq, tuple({x.what: x for x in found}.values()), sector, region
    ),
    st.integers(0, 3),
    st.sampled_from(("10", "11")),
    st.integers(1, 3),
    st.lists(lines, max_size=2),
    st.sampled_from(("RM1", "EQ2")),
    st.sampled_from(("32", "")),
)


def _unequal(filed: list[Filed]) -> list[Filed]:
    """No two readings of one workspace, month and length: those would be the same ledger."""
    return list({(f.key, f.day, f.seq): f for f in filed}.values())


def _recount(store: Database) -> Counter[tuple[str, ...]]:
    sql = "SELECT l.what, w.sector, w.region, l.month, l.state FROM lines l JOIN workspaces w ON w.id = l.workspace"
    return Counter(tuple(r) for r in store._db.execute(sql))


@given(st.lists(readings, max_size=8).map(_unequal), st.randoms())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_totals_are_a_recount_of_the_lines_by_every_subset_of_the_axes(
    store: Database, filed: list[Filed], rng
) -> None:
    """Whatever was filed, in whatever batches."""
    _empty(store)
    for one in filed:
        store.file([one])
    truth = _recount(store)
    for chosen in product((False, True), repeat=3):
        by: list[Axis] = [a for a, yes in zip(AXES, chosen, strict=True) if yes]
        seen = {(r.what, *r.at, r.state): r.number for r in store.view(by=by)}
        expected: Counter[tuple[str, ...]] = Counter()
        for (what, *at, state), n in truth.items():
            expected[what, *(v for v, yes in zip(at, chosen, strict=True) if yes), state] += n
        assert seen == dict(expected)


@given(st.lists(readings, max_size=8).map(_unequal), st.randoms())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_and_repetition_of_filing_change_nothing(store: Database, filed: list[Filed], rng) -> None:
    """One by one, all at once, shuffled, and all of it again."""
    _empty(store)
    store.file(filed)
    once = store.view(by=AXES)
    assert store.file(filed) == 0
    assert store.view(by=AXES) == once
    rng.shuffle(filed)
    _empty(store)
    for one in filed:
        store.file([one])
    assert store.view(by=AXES) == once


def test_equal_content_counts_once_and_passes_on_when_the_first_is_lost(store: Database) -> None:
    """The oldest counts; when it is no longer accepted, the next one does."""
    _empty(store)

    def one(i: int, state: str, same: str, seq: int) -> Filed:
        return Filed(_key(i), f"plant-{i}", "2026-11-01", seq, (Line("dataset", "d", state, same, f"2026-0{i + 1}"),))

    store.file([one(0, "accepted", "data:a", 1), one(1, "accepted", "data:a", 1)])
    assert {r.state: r.number for r in store.view("dataset")} == {"accepted": 1, "duplicate": 1}
    store.file([one(0, "fallen", "", 2)])
    assert {r.state: r.number for r in store.view("dataset")} == {"accepted": 1, "fallen": 1}


def test_a_shorter_ledger_does_not_take_the_place_of_a_longer_one(store: Database) -> None:
    """An old bundle that arrives late changes nothing."""
    _empty(store)
    store.file([Filed(_key(1), "plant", "2026-11-02", 9, (Line("dataset", "d", "accepted"),), "RM1")])
    store.file([Filed(_key(1), "plant", "2026-11-01", 3, (Line("dataset", "d", "refused"),), "EQ2")])
    assert [(r.state, r.at, r.number) for r in store.view("dataset", ("sector",))] == [("accepted", ("RM1",), 1)]


def test_an_error_inside_leaves_everything_as_it_was(store: Database) -> None:
    """All or none."""
    _empty(store)
    store.file([Filed(_key(1), "plant", "2026-11-02", 9, (Line("dataset", "d", "accepted"),))])
    with pytest.raises(DiapasonError):
        store.file([Filed(_key(2), "plant", "2026-11-02", 9, (Line("dataset", "d", None),))])  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="no key id"):
        store.file([Filed("no key", "plant", "2026-11-02", 9, ())])
    assert store.lines() == 1


def test_views_read_rollups_and_not_lines(store: Database) -> None:
    """A view touches as many rows as it shows: the numbers stay right when no line is left to read."""
    _empty(store)
    store.file([Filed(_key(i), f"p{i}", "2026-11-02", 1, (Line("dataset", "d", "accepted"),), "RM1") for i in range(9)])
    store._db.execute("DELETE FROM lines")
    assert store.view("dataset", ("sector",))[0].number == 9


def test_a_newer_schema_and_another_kind_of_address_are_refused(tmp_path: Path) -> None:
    """With what is missing, and without the secret."""
    path = tmp_path / "programme.db"
    opened(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE about SET version = 99")
    with pytest.raises(Missing, match="newer"):
        opened(f"sqlite:///{path}")
    with pytest.raises(DataError, match="no address") as caught:
        opened("mysql://office:secret@host/db")
    assert "secret" not in str(caught.value)
    with pytest.raises(Conflict):
        opened(f"sqlite:///{tmp_path}/absent/programme.db")
