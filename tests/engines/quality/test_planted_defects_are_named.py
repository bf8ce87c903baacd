"""Each sort of defect, planted into a small plant or a table of lots, is named in its place."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from diapason.engines.quality import Report, examine
from diapason.vocabulary.tables import ROW, Column, Contract, Role

Rng = np.random.Generator
ROWS = 4_000


def _slow(rng: Rng, n: int, keep: float) -> np.ndarray:
    out = rng.normal(size=n)
    for i in range(1, n):
        out[i] = keep * out[i - 1] + np.sqrt(1 - keep * keep) * out[i]
    return out


def plant(seed: int = 1, n: int = ROWS) -> pl.DataFrame:
    """Seven tags of one line: load, and what follows from it."""
    rng = np.random.default_rng(seed)
    load = 50 + 10 * _slow(rng, n, 0.98)
    inlet = 20 + 3 * _slow(rng, n, 0.99)
    start = np.datetime64("2025-01-01", "us")
    return pl.DataFrame(
        {
            "time": start + (np.arange(n) * 60_000_000).astype("timedelta64[us]"),
            "load": (load + 0.5 * rng.normal(size=n)).round(2),
            "current": (2 * load + 10 + rng.normal(size=n)).round(2),
            "pressure": (0.05 * load + 1 + 0.03 * rng.normal(size=n)).round(3),
            "inlet": (inlet + 0.2 * rng.normal(size=n)).round(2),
            "outlet": (inlet + 0.6 * load + 0.4 * rng.normal(size=n)).round(2),
            "flow": (0.8 * load + 4 + 0.6 * rng.normal(size=n)).round(2),
            ROW: np.arange(n),
        }
    )


CLOCKED = Contract("plant", (Column("time", "time", Role.TIME), Column("inlet", "number", Role.FEATURE, "Cel")))


def _with(
    frame: pl.DataFrame, column: str, rows: np.ndarray, change: Callable[[np.ndarray], np.ndarray]
) -> pl.DataFrame:
    x = frame[column].to_numpy().copy()
    x[rows] = change(x[rows])
    return frame.with_columns(pl.Series(column, x))


def _some(seed: int, share: float, n: int = ROWS) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).choice(np.arange(10, n - 10), round(share * n), replace=False))


WINDOW = np.arange(1_500, 1_900)
SCATTERED = _some(3, 0.01)
PLANTED: dict[str, tuple[str, np.ndarray, Callable[[np.ndarray], np.ndarray], set[str]]] = {
    "a code": ("flow", SCATTERED, lambda x: 0 * x - 9999, {"missing_code"}),
    "zeros": ("flow", SCATTERED, lambda x: 0 * x, {"value_for_missing"}),
    "spikes": ("pressure", SCATTERED, lambda x: x + 5, {"spike", "wrong_value"}),
    "lost decimal comma": ("current", SCATTERED, lambda x: x * 100, {"unit_cells"}),
    "Fahrenheit": ("inlet", SCATTERED, lambda x: (x * 1.8 + 32).round(2), {"unit_cells"}),
    "Fahrenheit for a while": ("inlet", WINDOW, lambda x: (x * 1.8 + 32).round(2), {"unit_shift"}),
    "a stuck sensor": ("outlet", WINDOW, lambda x: 0 * x + x[0], {"stuck"}),
    "a full scale": ("current", np.arange(ROWS), lambda x: np.minimum(x, 125.0), {"saturation"}),
    "an offset for a while": ("outlet", WINDOW, lambda x: x + 8, {"level_shift"}),
    "a drift": ("outlet", np.arange(2_000, ROWS), lambda x: (x + np.linspace(0, 15, x.size)).round(2), {"drift"}),
    "a coarser grid": ("flow", WINDOW, lambda x: x.round(1), {"resolution_change"}),
    "values of other rows": ("outlet", SCATTERED, lambda x: x + np.sign(x - 50) * -18, {"wrong_value", "spike"}),
    "impossible values": ("inlet", SCATTERED, lambda x: x - 400, {"range"}),
}


def _named(report: Report, kinds: set[str], column: str) -> set[int]:
    return {r for f in report.findings if f.kind in kinds and column in f.where.columns for r in f.where.rows}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_defect_is_named_where_it_is(name: str) -> None:
    """At least nine in ten planted cells, and hardly any others."""
    column, rows, change, kinds = PLANTED[name]
    clean = plant()
    dirty = _with(clean, column, rows, change)
    truth = set(np.flatnonzero((clean[column] != dirty[column]).to_numpy()).tolist())
    named = _named(examine([dirty], CLOCKED), kinds, column)
    assert len(named & truth) >= 0.9 * len(truth)
    assert len(named & truth) >= 0.85 * len(named)


def test_the_clean_plant_is_quiet() -> None:
    """Nothing is said about it at all."""
    assert examine([plant()], CLOCKED).findings == ()


@pytest.mark.parametrize("name", ["a code", "Fahrenheit for a while", "a stuck sensor", "spikes"])
def test_batches_of_any_size_find_the_same(name: str) -> None:
    """One frame, or slices of 333 rows."""
    column, rows, change, _ = PLANTED[name]
    dirty = _with(plant(), column, rows, change)
    whole = examine([dirty], CLOCKED).findings
    cut = examine(list(dirty.iter_slices(333)), CLOCKED).findings
    assert [(f.kind, f.where.columns) for f in cut] == [(f.kind, f.where.columns) for f in whole]
    for a, b in zip(whole, cut, strict=True):
        assert len(set(a.where.rows) ^ set(b.where.rows)) <= 0.02 * len(a.where.rows)


def test_the_change_of_unit_is_named() -> None:
    """Not only that it changed, but into what."""
    column, rows, change, _ = PLANTED["Fahrenheit for a while"]
    found = [f for f in examine([_with(plant(), column, rows, change)], CLOCKED).findings if f.kind == "unit_shift"]
    assert [f.facts["change"] for f in found] == ["°C → °F"]
    assert found[0].where.window == ("2025-01-02 01:00:00", "2025-01-02 07:39:00")


@pytest.mark.parametrize(("name", "amount"), [("an offset for a while", 8.0), ("a drift", 15.0)])
def test_how_much_a_level_moved_is_said_in_the_unit_of_its_column(name: str, amount: float) -> None:
    """To a tenth, whatever the spread of the column is."""
    column, rows, change, kinds = PLANTED[name]
    found = [f for f in examine([_with(plant(), column, rows, change)], CLOCKED).findings if f.kind in kinds]
    assert [f.facts["amount"] for f in found] == [pytest.approx(amount, rel=0.1)]


def test_what_a_bent_relation_leaves_is_no_error() -> None:
    """A speed that rises faster the lower the torque is: where the curve is steep, nothing is wrong."""
    rng = np.random.default_rng(12)
    torque = 40 + 9 * rng.normal(size=ROWS).clip(-3, 3)
    speed = 60_000 / (torque + 20) + 40 * rng.normal(size=ROWS)
    frame = pl.DataFrame({"torque": torque.round(1), "speed": speed.round()})
    assert not {f.kind for f in examine([frame], Contract("bent", ())).findings} & {
        "wrong_value",
        "unit_cells",
        "spike",
    }


def test_exchanged_columns_are_told_from_wrong_values() -> None:
    """Two tags that changed places in some rows."""
    frame = plant()
    load, flow = frame["load"].to_numpy().copy(), frame["outlet"].to_numpy().copy()
    load[SCATTERED], flow[SCATTERED] = flow[SCATTERED], load[SCATTERED].copy()
    report = examine([frame.with_columns(pl.Series("load", load), pl.Series("outlet", flow))], CLOCKED)
    found = [f for f in report.findings if f.kind == "swapped_columns"]
    assert [set(f.where.columns) for f in found] == [{"load", "outlet"}]
    assert len(set(found[0].where.rows) & set(SCATTERED.tolist())) >= 0.9 * SCATTERED.size


def test_a_stopped_plant_is_no_stuck_sensor() -> None:
    """Stops at which several tags rest at their zero are a state; the relations of the running plant do not hold."""
    frame = plant()
    stop = np.concatenate([np.arange(s, s + 150) for s in (500, 1_700, 3_100)])
    for column, rest in (("load", 0.0), ("current", 0.0), ("flow", 0.0)):
        frame = _with(frame, column, stop, lambda x, rest=rest: 0 * x + rest)  # type: ignore[misc]
    kinds = {f.kind for f in examine([frame], CLOCKED).findings}
    assert not kinds & {"stuck", "wrong_value", "value_for_missing", "saturation", "level_shift"}


def test_a_set_point_is_no_stuck_sensor() -> None:
    """A column that somebody sets holds for hours by design."""
    rng = np.random.default_rng(4)
    set_ = np.repeat(rng.choice([40.0, 55.0, 60.0, 72.5], ROWS // 250 + 1), 250)[:ROWS]
    assert examine([plant().with_columns(pl.Series("set", set_))], CLOCKED).findings == ()


def test_a_daily_cycle_is_no_drift() -> None:
    """Half against half, a wave looks like a drift; here it does not."""
    hours = np.arange(ROWS) / 60
    wave = 20 + 8 * np.sin(2 * np.pi * hours / 130) + np.random.default_rng(5).normal(size=ROWS)
    frame = plant().with_columns(pl.Series("weather", wave.round(2)))
    assert not {f.kind for f in examine([frame], CLOCKED).findings} & {"drift", "level_shift"}


def test_one_machine_in_another_unit_stands_out_from_its_sisters() -> None:
    """Each machine has a level of its own, but one logs psi."""
    machines = [plant(seed, 600).with_columns(machine=pl.lit(f"M{seed}")) for seed in range(1, 8)]
    machines = [m.with_columns((pl.col("pressure") + 0.2 * i).alias("pressure")) for i, m in enumerate(machines)]
    machines[4] = machines[4].with_columns((pl.col("pressure") * 14.503774).round(2).alias("pressure"))
    table = pl.concat(machines).sort("time", "machine").with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
    contract = Contract("fleet", (*CLOCKED.columns, Column("machine", "category", Role.ASSET)))
    found = [f for f in examine([table], contract).findings if f.kind == "unit_shift"]
    assert [(f.where.asset, f.facts["change"]) for f in found] == [("M5", "bar → psi")]


def _time_where(condition: pl.Expr, value: pl.Expr) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda f: f.with_columns(pl.when(condition).then(value).otherwise(pl.col("time")).alias("time"))


ROW_ = pl.col(ROW)
CLOCKS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str, int]] = {
    "gaps": (lambda f: f.filter(~ROW_.is_between(700, 760) & ~ROW_.is_between(2_000, 2_400)), "clock_gap", 2),
    "repeats": (_time_where(ROW_ == 900, pl.col("time").shift(1)), "clock_repeated", 1),
    "an hour back": (_time_where(ROW_ >= 3_000, pl.col("time") - pl.duration(hours=1)), "clock_backwards", 1),
    "no time": (_time_where(ROW_ % 400 == 1, pl.lit(None)), "clock_missing", 10),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_that_is_wrong_is_named(name: str) -> None:
    """Gaps, repeats, steps backwards, rows without a time; counted."""
    change, kind, count = CLOCKS[name]
    found = [f for f in examine([change(plant())], CLOCKED).findings if f.kind == kind]
    assert [f.where.count for f in found] == [count]


def lots(seed: int = 7, n: int = 3_000) -> pl.DataFrame:
    """Independent lots with categories that follow from one another, and a class."""
    rng = np.random.default_rng(seed)
    supplier = rng.integers(0, 6, n)
    names = ["Northfield Metals", "Baoxin Alloys", "Castline", "宝山钢铁", "Jiangnan Steel", "Kestrel Foundry"]
    places = ["Norway", "Germany", "France", "中国", "England", "Canada"]
    x = rng.normal(size=(n, 4))
    return pl.DataFrame(
        {
            **{f"m{i}": (50 + 10 * x[:, i]).round(3) for i in range(4)},
            "supplier": [names[s] for s in supplier],
            "country": [places[s] for s in supplier],
            "result": np.where(x[:, 0] + rng.normal(size=n) > 1.5, "reject", "accept"),
            ROW: np.arange(n),
        }
    )


LOTS = Contract("lots", (Column("result", "category", Role.TARGET),))


def _words(frame: pl.DataFrame, column: str, rows: list[int], change: Callable[[str], str]) -> pl.DataFrame:
    values = frame[column].to_list()
    for r in rows:
        values[r] = change(values[r])
    return frame.with_columns(pl.Series(column, values))


FEW = list(range(5, 3_000, 111))


def _wide(word: str) -> str:
    return word.translate({i: i + 0xFEE0 for i in range(0x21, 0x7F)})


def _slip(word: str) -> str:
    return word[:2] + "x" + word[3:] if len(word) > 6 else word


COPIED = lots().with_columns(verdict=pl.col("result").replace({"accept": "A", "reject": "B"}))
WORDED: dict[str, tuple[pl.DataFrame, str, str]] = {
    "a slip of the finger": (_words(lots(), "supplier", FEW, _slip), "category_typo", "supplier"),
    "capitals": (_words(lots(), "country", FEW, str.upper), "category_variant", "country"),
    "a space behind": (_words(lots(), "country", FEW, lambda w: w + " "), "category_variant", "country"),
    "wide letters": (_words(lots(), "country", FEW, _wide), "category_variant", "country"),
    "a wrong country": (
        _words(lots(), "country", FEW, lambda w: "Norway" if w != "Norway" else "France"),
        "dependency_break",
        "country",
    ),
    "a word for missing": (_words(lots(), "country", FEW, lambda _w: "未知"), "missing_word", "country"),
    "the class, repeated": (COPIED, "leak", "verdict"),
}


@pytest.mark.parametrize("name", WORDED)
def test_what_is_wrong_with_words_is_named(name: str) -> None:
    """Spelling, variants, dependencies, words for nothing, and a class under another name."""
    frame, kind, column = WORDED[name]
    found = [f for f in examine([frame], LOTS).findings if f.kind == kind and column in f.where.columns]
    assert len(found) == 1
    if kind != "leak":
        changed = set(np.flatnonzero((frame[column] != lots()[column]).to_numpy()).tolist())
        assert set(found[0].where.rows) == changed


def test_good_words_are_left_alone() -> None:
    """The lots as they are: nothing."""
    assert examine([lots()], LOTS).findings == ()


def test_codes_that_differ_in_a_digit_are_different_things() -> None:
    """M-12 beside M-13, however rare."""
    rng = np.random.default_rng(8)
    codes = rng.choice([f"PUMP-{i}" for i in range(10, 30)], 2_000, p=np.r_[0.962, np.full(19, 0.002)])
    frame = pl.DataFrame({"code": codes, "x": rng.normal(size=2_000)})
    assert not {f.kind for f in examine([frame], Contract("codes", ())).findings} & {
        "category_typo",
        "category_variant",
    }


def test_rows_that_are_there_twice_and_disagree_are_named() -> None:
    """Copies are copies; the same inputs with another class are a contradiction."""
    frame = lots()
    copies = frame[:30]
    others = frame[100:120].with_columns(pl.col("result").replace({"accept": "reject", "reject": "accept"}))
    table = pl.concat([frame, copies, others]).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
    found = {f.kind: f for f in examine([table], LOTS).findings}
    assert found["duplicate_rows"].where.count == 30
    assert found["contradictory_labels"].where.count == 40


def test_few_values_may_repeat_by_right() -> None:
    """A table of three small categories has equal rows by chance: no duplicates."""
    rng = np.random.default_rng(9)
    frame = pl.DataFrame({c: rng.choice(["alpha", "beta", "gamma"], 500) for c in "abc"})
    assert "duplicate_rows" not in {f.kind for f in examine([frame], Contract("small", ())).findings}


def test_a_strong_but_honest_predictor_is_no_leak() -> None:
    """Explaining 95 % of a target is good engineering; being its rounded copy is not."""
    rng = np.random.default_rng(10)
    y = 400 + 20 * rng.normal(size=3_000)
    frame = pl.DataFrame({"honest": y + 4.6 * rng.normal(size=3_000), "copied": (y / 7).round(1), "y": y})
    leaks = [
        f.where.columns
        for f in examine([frame], Contract("l", (Column("y", "number", Role.TARGET),))).findings
        if f.kind == "leak"
    ]
    assert leaks == [("copied",)]
