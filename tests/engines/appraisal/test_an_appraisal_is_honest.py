"""What is claimed and what is proven, what is not tested, and what one fact can move."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.appraisal.appraise import appraise
from diapason.engines.appraisal.clauses import judged
from diapason.engines.appraisal.rollups import GROUPS, ITEMS, capped_mean, ladder, level
from diapason.engines.appraisal.scales import SCALES, score
from diapason.engines.appraisal.steps import next_steps, road
from diapason.errors import DataError
from diapason.knowledge.maturity import shipped, shipped_model
from diapason.vocabulary.facts import Fact
from diapason.vocabulary.language import Text
from diapason.vocabulary.maturity import Clause, Dimension, Item, Maturity, Rollup
from diapason.vocabulary.maturity import Test as Asked

T = Text("t", "文")
PLAIN = Rollup()


def clause(code: str, level: int, test: Asked, **more: float) -> Clause:
    return Clause(code, level, Text(code, code), test, **more)


def model(*items: Item, rollup: Rollup = PLAIN, levels: int = 4) -> Maturity:
    return Maturity("m", T, (T,) * levels, (Dimension("d", T, items),), 1, rollup)


def counted(name: str, value: object) -> Fact:
    return Fact(name, value, "1", (f"run:{name}",), "machine", T)  # type: ignore[arg-type]


def declared(name: str, value: object) -> Fact:
    return Fact(name, value, "", (f"entry:{name}",), "person", T)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "test", "wanted"),
    [
        (3, Asked("f", at_least=3), 1.0),
        (2.9, Asked("f", at_least=3), 0.0),
        (0.05, Asked("f", at_most=0.1), 1.0),
        (0.6, Asked("f", graded=((0.5, 0.5), (0.8, 0.8), (0.95, 1.0))), 0.5),
        (0.4, Asked("f", graded=((0.5, 0.5),)), 0.0),
        (True, Asked("f", equals=True), 1.0),
        ("core", Asked("f", equals="general"), 0.0),
        (0.8, Asked("f", scale="dcmm"), 0.8),
        (True, Asked("f", scale="dcmm"), 1.0),
        (False, Asked("f", scale="yes-no"), 0.0),
        (0.25, Asked("f", scale="share"), 0.25),
    ],
)
def test_a_value_has_the_score_that_its_scale_gives(value, test, wanted):
    assert score(value, test) == wanted


@pytest.mark.parametrize(
    ("value", "test"),
    [
        ("many", Asked("f", at_least=1)),
        (True, Asked("f", at_least=1)),
        (float("nan"), Asked("f", at_least=1)),
        (1, Asked("f", equals=True)),
        (0.7, Asked("f", scale="dcmm")),
        (3, Asked("f", scale="yes-no")),
        (1.5, Asked("f", scale="share")),
        (1, Asked("f", scale="of wishes")),
        (1, Asked("f")),
    ],
)
def test_a_value_of_the_wrong_type_is_not_tested_and_says_why(value, test):
    verdict = judged(clause("c", 2, test), {"f": counted("f", value)})
    assert (verdict.state, verdict.claimed, verdict.proven) == ("not tested", None, None)
    assert verdict.why.en
    assert verdict.why.zh


def test_not_tested_is_never_passed():
    item = Item("i", T, (clause("a", 2, Asked("no_such_fact", at_least=0)), clause("b", 2, Asked("f", at_least=1))))
    found = appraise(model(item), {"f": counted("f", 5), "g": counted("g", None)})
    verdict = found.items[0].verdicts[0]
    assert verdict.state == "not tested"
    assert "no_such_fact" in verdict.why.en
    assert found.whole.claimed.level == 1
    assert found.whole.counted == 0.5


def test_a_fact_whose_evidence_broke_is_not_tested_and_passes_its_reason_on():
    broken = Fact("f", None, "1", ("entry:7",), "machine", Text("entry 7 does not hold", "第 7 条不成立"))
    verdict = judged(clause("a", 2, Asked("f", at_least=0)), {"f": broken})
    assert (verdict.state, verdict.why.en, verdict.on) == ("not tested", "entry 7 does not hold", ("entry:7",))


def test_a_persons_word_counts_for_the_claimed_level_alone():
    asked = Asked("m.i.b", Text("?", "？"), scale="yes-no")
    item = Item("i", T, (clause("m.i.a", 2, Asked("f", at_least=1)), clause("m.i.b", 3, asked)))
    found = appraise(model(item), {"f": counted("f", 1), "m.i.b": declared("m.i.b", True)})
    assert (found.whole.claimed.level, found.whole.proven.level) == (3, 2)
    assert (found.whole.counted, found.whole.declared) == (0.5, 0.5)
    assert found.on == ("run:f", "entry:m.i.b")


def test_a_person_who_claims_more_than_was_counted_is_heard_and_the_difference_is_kept():
    one = clause("m.i.a", 2, Asked("f", at_least=5))
    verdict = judged(one, {"f": counted("f", 1), "m.i.a": declared("m.i.a", True)})
    assert (verdict.claimed, verdict.proven, verdict.disputed, verdict.by) == (1.0, 0.0, True, "person")
    less = judged(one, {"f": counted("f", 9), "m.i.a": declared("m.i.a", False)})
    assert (less.claimed, less.proven, less.disputed) == (1.0, 1.0, False)


def test_a_level_needs_all_below_it_and_no_clause_at_nothing():
    assert ladder([[(0, 1)], [(1, 1)], [(1, 1)]], 1, Rollup()) == 1
    assert ladder([[(1, 9), (0, 1)]], 1, Rollup()) == 1.9
    assert ladder([[(1, 99), (0, 1)]], 1, Rollup()) == 1.99
    assert ladder([[(0.8, 1)], [(0.5, 1)]], 1, Rollup()) == 2.5
    assert ladder([[(1, 1)], []], 1, Rollup()) == 2


def test_the_weakest_part_caps_the_whole():
    assert capped_mean([(1, 1), (5, 1), (5, 1)]) == 2
    assert level(2.0, 1, 5, ()) == 2
    assert [level(s, 0, 5, (0.8, 1.8, 2.8, 3.8, 4.8)) for s in (0.7, 0.8, 1.8, 4.9)] == [0, 1, 2, 5]


def test_an_operator_that_there_is_not_is_refused_by_name():
    item = Item("i", T, (clause("a", 2, Asked("f", at_least=1)),))
    with pytest.raises(DataError, match="there is no operator 'median'"):
        appraise(model(item, rollup=Rollup(model="median")), {})


def test_a_model_file_may_name_every_scale_and_operator_and_no_other():
    """The strict loader and the engine know the same names."""
    from typing import get_args

    from diapason.knowledge import maturity

    hints = maturity._Rollup.__annotations__
    assert set(get_args(hints["item"])) == set(ITEMS)
    assert set(get_args(hints["model"])) == set(get_args(hints["dimension"])) == set(GROUPS)
    assert set(SCALES) == {"number", "yes-no", "dcmm", "share"}


# what one fact can move

NAMES = [f"f{i}" for i in range(6)]
VALUES = st.one_of(st.integers(0, 9), st.booleans(), st.sampled_from(["x", "y"]), st.floats(0, 1), st.none())
TESTS = st.one_of(
    st.builds(lambda n, x: Asked(n, at_least=x), st.sampled_from(NAMES), st.integers(0, 9)),
    st.builds(lambda n, x: Asked(n, at_most=x), st.sampled_from(NAMES), st.integers(0, 9)),
    st.builds(lambda n: Asked(n, equals=True), st.sampled_from(NAMES)),
    st.builds(lambda n: Asked(n, T, scale="dcmm"), st.sampled_from(NAMES)),
    st.builds(lambda n: Asked(n, graded=((0.2, 0.5), (0.9, 1.0))), st.sampled_from(NAMES)),
)
ROLLUPS = st.builds(
    Rollup, st.sampled_from(sorted(ITEMS)), st.sampled_from(sorted(GROUPS)), st.sampled_from(sorted(GROUPS))
)


@st.composite
def models(draw):
    dimensions = []
    for d in range(draw(st.integers(1, 3))):
        items = []
        for i in range(draw(st.integers(1, 3))):
            tests = draw(st.lists(st.tuples(TESTS, st.floats(0.1, 5), st.floats(0.1, 9)), min_size=1, max_size=6))
            clauses = tuple(
                clause(f"{d}.{i}.{n}", 2 + n % 3 if len(tests) > 2 else 2, test, weight=w, effort=e)
                for n, (test, w, e) in enumerate(tests)
            )
            items.append(Item(f"{d}.{i}", T, clauses, draw(st.floats(0.1, 3))))
        dimensions.append(Dimension(f"{d}", T, tuple(items), draw(st.floats(0.1, 3))))
    return Maturity("m", T, (T,) * 4, tuple(dimensions), 1, draw(ROLLUPS))


FACTS = st.dictionaries(
    st.sampled_from(NAMES), st.tuples(VALUES, st.sampled_from(["machine", "person"])), max_size=len(NAMES)
).map(lambda d: {n: Fact(n, v, "1", (f"run:{n}",), by, T) for n, (v, by) in d.items()})


@settings(max_examples=300, deadline=None)
@given(models(), FACTS, st.sampled_from(NAMES), st.one_of(st.just("gone"), VALUES))
def test_a_fact_that_goes_or_is_forged_changes_what_names_it_and_nothing_else(made, facts, name, new):
    """Clauses and items that don't name the fact stay as they were, to the last digit and ground."""
    before = appraise(made, facts)
    changed = {n: f for n, f in facts.items() if n != name}
    if new != "gone":
        changed[name] = Fact(name, new, "1", ("run:forged",), "machine", T)
    after = appraise(made, changed)
    named = {c.code for c in made.clauses() if c.test.fact == name}
    touched = {i.code for i in made.items() if any(c.code in named for c in i.clauses)}
    for old, now in zip(before.items, after.items, strict=True):
        for one, two in zip(old.verdicts, now.verdicts, strict=True):
            if one.clause.code not in named:
                assert one == two
            elif new == "gone":
                assert (two.state, two.claimed, two.proven, two.on) == ("not tested", None, None, ())
        if old.item.code not in touched:
            assert old == now
    for dimension, old, now in zip(made.dimensions, before.dimensions, after.dimensions, strict=True):
        if not touched & {i.code for i in dimension.items}:
            assert old == now
    if not touched:
        assert before == after


@settings(max_examples=200, deadline=None)
@given(models(), FACTS)
def test_what_is_proven_is_never_more_than_what_is_claimed(made, facts):
    found = appraise(made, facts)
    for part in (found.whole, *found.dimensions, *(i.part for i in found.items)):
        assert part.proven.score <= part.claimed.score + 1e-9
        assert part.proven.level <= part.claimed.level
        assert -1e-9 <= part.counted + part.declared <= 1 + 1e-9


@settings(max_examples=100, deadline=None)
@given(models(), FACTS)
def test_steps_do_what_they_promise(made, facts):
    """Taking a step moves the scores by exactly the effect that was told."""
    found = appraise(made, facts)
    for step in next_steps(found)[:3]:
        done = {step.clause.code, *step.also}
        better = _with(made, facts, done)
        assert better[0] - found.whole.claimed.score == pytest.approx(step.claimed, abs=1e-6)
        if step.clause.test.ask is None:
            assert better[1] - found.whole.proven.score == pytest.approx(step.proven, abs=1e-6)


def _with(made, facts, done):
    """Scores of the whole when some clauses are fulfilled, counted afresh by the same operators."""
    from diapason.engines.appraisal.appraise import item_score, points

    verdicts = [v for i in appraise(made, facts).items for v in i.verdicts]
    scores = []
    for name in ("claimed", "proven"):
        own = points(verdicts, name) | dict.fromkeys(done, 1.0)
        groups = []
        for d in made.dimensions:
            mine = [(item_score(made, i, {c.code: own.get(c.code, 0.0) for c in i.clauses}), i.weight) for i in d.items]
            groups.append((GROUPS[made.rollup.dimension](mine), d.weight))
        scores.append(GROUPS[made.rollup.model](groups))
    return scores


def test_a_road_keeps_its_budget_takes_the_cheap_and_strong_first_and_does_nothing_twice():
    cheap = clause("a", 2, Asked("f", at_least=1), effort=0.5)
    shared = clause("c", 2, Asked("f", at_least=1), effort=0.5)
    dear = clause("b", 2, Asked("g", at_least=1), effort=5)
    made = model(Item("1", T, (cheap, dear)), Item("2", T, (shared,)))
    steps = road(appraise(made, {}), 5.0)
    assert [s.clause.code for s in steps] == ["a"]
    assert steps[0].also == ("c",)
    steps = road(appraise(made, {}), 5.5)
    assert [s.clause.code for s in steps] == ["a", "b"]
    assert sum(s.proven for s in steps) == pytest.approx(1.0)
    stressed = next_steps(appraise(made, {}), {"1": 50.0})
    assert stressed[0].clause.code == "a"


@pytest.mark.parametrize("name", shipped())
def test_whoever_shows_nothing_stands_at_the_base_with_nothing_tested(name):
    made = shipped_model(name)
    found = appraise(made, {})
    assert (found.whole.claimed.score, found.whole.claimed.level) == (made.base, made.base)
    assert found.whole.counted == found.whole.declared == 0
    assert all(v.state == "not tested" for i in found.items for v in i.verdicts)
