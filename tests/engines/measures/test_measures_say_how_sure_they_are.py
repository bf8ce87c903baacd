"""What is not tested never passes, intervals hold their value, coverage does not depend on how rows come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.measures import (
    CALCULATIONS,
    Axis,
    Cover,
    Ruling,
    Seen,
    State,
    Trial,
    cost,
    gate,
    together,
    weights,
    whole,
)  # fmt: skip
from diapason.engines.measures.intervals import finite, weighted, wilson
from diapason.engines.measures.measure import Measure, counted, not_for, untested
from diapason.knowledge.scoring import measures, points
from diapason.knowledge.tc609 import tc609
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Text

SAID = Text("", "")
MEASURES = st.one_of(
    st.floats(0, 1).map(lambda x: Measure(State.COUNTED, SAID, x, x, x)),
    st.just(untested(SAID)),
    st.just(not_for(SAID)),
)


@given(st.lists(st.tuples(MEASURES, st.floats(0.01, 5)), min_size=1, max_size=9))
def test_what_is_not_tested_lies_anywhere_between(parts: list[tuple[Measure, float]]) -> None:
    """Whatever it turns out to be, the mean lies within the bounds; with nothing open, they meet."""
    value, low, high, tested = whole(parts)
    assert 0 <= low <= high + 1e-9 <= 1 + 2e-9
    for filled in (0.0, 1.0):
        closed = [
            (Measure(State.COUNTED, SAID, filled, filled, filled) if m.state is State.UNTESTED else m, w)
            for m, w in parts
        ]
        told = whole(closed)[0]
        assert told is None or low - 1e-9 <= told <= high + 1e-9
    if value is not None and tested == pytest.approx(1):
        assert low == pytest.approx(high)


@given(st.dictionaries(st.sampled_from("abcdef"), MEASURES, min_size=1))
def test_a_gate_with_something_untested_is_never_passed(told: dict[str, Measure]) -> None:
    """Nor one where nothing applies; and what fails would fail with all that is open at its best."""
    held = gate("01", told, dict.fromkeys(told, 1.0), 90)
    if any(m.state is State.UNTESTED for m in told.values()) or not any(m.known for m in told.values()):
        assert held.ruling is not Ruling.PASSED
    assert (held.ruling is Ruling.FAILED) == (held.high < 90) or held.ruling is Ruling.PASSED


def test_a_gate_with_an_untested_part_of_an_indicator_is_never_passed() -> None:
    """However small the part is, and however good the rest."""
    half = together([counted(1, 1, SAID)] * 39 + [untested(SAID)], SAID)
    assert half.low is not None
    assert half.low > 0.97
    told = {"0208": half, "0201": counted(1, 1, SAID)}
    assert gate("02", told, dict.fromkeys(told, 1.0), 90).ruling is Ruling.OPEN
    assert gate("02", told, dict.fromkeys(told, 1.0), 90).lacking == ("0208",)
    whole_ = together([counted(1, 1, SAID)] * 2 + [not_for(SAID)], SAID)
    assert gate("02", {"0208": whole_}, {"0208": 1.0}, 90).ruling is Ruling.PASSED


def test_a_gate_takes_the_lower_bound() -> None:
    """A value above the gate whose bound lies below is not decidable."""
    near = Measure(State.SAMPLED, SAID, 0.95, 0.85, 0.99)
    assert gate("03", {"0304": near}, {"0304": 1.0}, 90).ruling is Ruling.OPEN
    assert gate("03", {"0304": counted(9, 10, SAID)}, {"0304": 1.0}, 90).ruling is Ruling.PASSED
    assert gate("03", {"0304": counted(89, 100, SAID)}, {"0304": 1.0}, 90).ruling is Ruling.FAILED


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 200))
def test_intervals_hold_their_share(of: int, good: int, more: int) -> None:
    """Value between the ends; a whole that was looked at in full leaves no doubt; more rows unseen, more doubt."""
    met = min(good, of)
    for value, low, high in (wilson(met, of), finite(met, of, of + more)):
        assert 0 <= low <= value + 1e-9
        assert value <= high + 1e-9 <= 1 + 2e-9
    assert finite(met, of, of) == (met / of, met / of, met / of)
    low, high = finite(met, of, of + more)[1:]
    assert low <= (met + more) / (of + more) + 1e-9
    assert high >= met / (of + more) - 1e-9


def test_unequal_chances_are_weighed() -> None:
    """Suspect rows are drawn ten times as often: unweighted they would say that a third is wrong."""
    rng, size = np.random.default_rng(0), 20_000
    suspect = rng.random(size) < 0.05
    wrong = np.where(suspect, rng.random(size) < 0.5, rng.random(size) < 0.01)
    chance = np.where(suspect, 0.1, 0.01)
    drawn = rng.random(size) < chance
    share, low, high = weighted(~wrong[drawn], chance[drawn], size)
    assert low <= 1 - wrong.mean() <= high
    assert abs(share - (1 - wrong.mean())) < 0.02 < (wrong[drawn].mean() - wrong.mean())


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(-1, 2) | st.just(np.nan), st.sampled_from("abz")), min_size=1, max_size=80),
    st.integers(0, 80),
)
def test_coverage_is_that_of_the_rows_however_they_come(rows: list[tuple[float, str]], cut: int) -> None:
    """In one part or in two; what lies outside or is missing fills no cell."""
    axes = (Axis("flow", 0.0, 1.0), Axis("grade", values=("a", "b")))
    told = []
    for parts in ([rows], [rows[:cut], rows[cut:]]):
        cover = Cover(axes, len(rows))
        for part in parts:
            if part:
                cover.add([np.array([r[0] for r in part]), [r[1] for r in part]])
        told.append(cover.told())
    assert told[0] == told[1]
    made = told[0]
    assert 0 <= made.low <= made.value <= made.high <= 1
    assert made.inside == sum(0 <= x <= 1 and w in "ab" for x, w in rows)
    assert {p for a, p in made.empty if a == "grade"} == {"a", "b"} - {w for _, w in rows}


def test_weights_follow_what_defects_cost() -> None:
    """They sum to one, none vanishes, the dearer defect weighs more; one cost alone changes nothing."""
    codes = ["0201", "0204", "0206", "0208"]
    dear = {"0204": Estimate(9, 5, 13, 4, "%"), "0208": Estimate(1, -1, 3, 3, "%")}
    told = weights(codes, dear)
    assert sum(told.values()) == pytest.approx(1)
    assert told["0204"] > told["0201"] == told["0206"] > told["0208"] > 0
    assert set(weights(codes, {"0204": dear["0204"]}).values()) == {0.25}
    assert sum(weights(codes, {c: Estimate(-1, -2, 0, 3, "%") for c in codes}).values()) == pytest.approx(1)


def test_trials_that_disagree_make_more_doubt() -> None:
    """Alike: narrower than each. Apart: wider than the errors alone would say."""
    alike = cost([Trial("", "", "", 4.0, 1.0)] * 4)
    apart = cost([Trial("", "", "", v, 1.0) for v in (-6.0, 0.0, 8.0, 14.0)])
    alone = cost([Trial("", "", "", 4.0, 1.0)])
    assert alike.value == apart.value == alone.value == 4.0
    assert alike.high - alike.low < alone.high - alone.low < apart.high - apart.low


def test_every_measure_of_the_standards_has_a_calculation_or_a_reason() -> None:
    """Ids as the domain file has them: 66 of ISO/IEC 5259-2, 20 of GB/T 36344, the 17 indicators."""
    iso, gbt = measures()
    counts = {"Acc": 7, "Com": 5, "Con": 4, "Cre": 4, "Cur": 2, "Acs": 3, "Cmp": 1, "Eff": 3, "Pre": 1, "Tra": 3,
              "Und": 4, "Ava": 1, "Por": 2, "Rec": 2, "Aud": 2, "Bal": 8, "Div": 3, "Eft": 3, "Idn": 1, "Rel": 2,
              "Rep": 1, "Sim": 3, "Tml": 1}  # fmt: skip
    assert {m.id for m in iso.measures} == {f"{k}-ML-{i}" for k, n in counts.items() for i in range(1, n + 1)}
    assert len(gbt.measures) == 20
    used = {m.how for f in (iso, gbt) for m in f.measures if m.how}
    used |= {h for p in points().indicators for h in p.of} | {s.how for s in points().sub_indicators}
    assert used == set(CALCULATIONS)
    assert [p.code for p in points().indicators] == [i.code for i in tc609().indicators]


@pytest.mark.parametrize("name", sorted(CALCULATIONS))
def test_an_empty_dataset_gives_no_number_by_accident(name: str) -> None:
    """Nothing is known of it: not tested or not applicable, a share of things said, or exactly none."""
    told = CALCULATIONS[name](Seen("x@1", "dataset:x@1", 0, ()))
    assert told.value is None or told.state is State.STATED
    assert told.said.en
    assert told.said.zh
