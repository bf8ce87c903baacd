"""What is not known is never taken for a no; more knowledge only ever settles, never turns a yes into a no."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diapason.engines.compliance.duties import Duty, blocks, decided, falling_due
from diapason.engines.compliance.flows import flow
from diapason.engines.compliance.risk import Class, Grading, Raise, classed, level
from diapason.engines.compliance.truth import Need, Span, every, holds, some

TODAY = date(2026, 11, 29)
FLAGS = ("a", "b", "c")
TRUTHS = st.sampled_from([True, False, None])

TESTS = st.one_of(
    st.builds(lambda f, v: Need(f, among=(v,)), st.sampled_from(FLAGS), st.booleans()),
    st.builds(lambda n: Need("n", at_least=n), st.integers(0, 5)),
    st.builds(lambda n: Need("n", below=n), st.integers(0, 5)),
)
GROUPS = st.lists(st.lists(TESTS, min_size=1, max_size=3).map(tuple), max_size=2).map(tuple)
DUTIES = st.builds(
    lambda when, groups, regimes: Duty("R", tuple(when), ("paper",), groups, tuple(regimes), "use"),
    st.lists(TESTS, max_size=3),
    GROUPS,
    st.lists(st.sampled_from(["cn", "eu", "iso"]), unique=True),
)
HOMES = {"cn": Need("a", among=(True,)), "eu": Need("b", among=(True,))}
FACTS = st.fixed_dictionaries(
    {**{f: st.booleans() for f in FLAGS}, "n": st.one_of(st.integers(0, 6), st.builds(Span, st.just(1), st.just(4)))}
)


@given(DUTIES, FACTS, st.sampled_from([*FLAGS, "n"]))
def test_taking_a_fact_away_settles_nothing(duty: Duty, facts: dict[str, object], gone: str) -> None:
    """A verdict stays as it was or becomes unknown; applies never becomes does not apply, nor the reverse."""
    whole = decided([duty], facts, HOMES)[0]
    less = decided([duty], {k: v for k, v in facts.items() if k != gone}, HOMES)[0]
    assert less.applies in (whole.applies, None)
    for regime, truth in less.regimes.items():
        assert truth in (whole.regimes[regime], None)


@given(DUTIES, FACTS, st.sets(st.sampled_from([*FLAGS, "n"])))
def test_what_cannot_be_told_says_what_to_ask(duty: Duty, facts: dict[str, object], gone: set[str]) -> None:
    """And only facts that are not known, or known too coarsely, are asked."""
    known = {k: v for k, v in facts.items() if k not in gone}
    found = decided([duty], known, HOMES)[0]
    assert bool(found.ask) == (found.applies is None or None in found.regimes.values())
    assert all(f not in known or isinstance(known[f], Span) for f in found.ask)


@given(st.lists(TRUTHS, max_size=4), st.integers(0, 3), st.booleans())
def test_three_valued_logic_is_monotone(parts: list[bool | None], place: int, answer: bool) -> None:
    """An unknown part that gets its answer never overturns a whole that was settled without it."""
    settled = [answer if i == place and p is None else p for i, p in enumerate(parts)]
    for join in (every, some):
        assert join(parts) is None or join(settled) == join(parts)


@given(st.lists(TRUTHS, max_size=4))
def test_both_joins_mirror_each_other(parts: list[bool | None]) -> None:
    """Not all of them is one of their opposites."""
    turned = [None if p is None else not p for p in parts]
    whole = every(parts)
    assert some(turned) is (None if whole is None else not whole)


@pytest.mark.parametrize(
    ("test", "value", "said"),
    [
        (Need("x", among=(True,)), True, True),
        (Need("x", among=(True,)), False, False),
        (Need("x", among=(True,)), 1, None),  # a number is no answer to a yes or no
        (Need("x", among=(True,)), "yes", None),
        (Need("x", among=("core",)), "core", True),
        (Need("x", among=("core",)), "general", False),
        (Need("x", among=("core",)), True, None),
        (Need("x", among=("major", "graver")), frozenset({"major", "graver"}), True),
        (Need("x", among=("major",)), frozenset({"major", "graver"}), None),
        (Need("x", among=("minor",)), frozenset({"major", "graver"}), False),
        (Need("x", among=("minor",)), frozenset(), None),
        (Need("x", at_least=3), 3, True),
        (Need("x", at_least=3), 2.9, False),
        (Need("x", at_least=3), True, None),  # true is not the number one
        (Need("x", below=3), Span(1, 2), True),
        (Need("x", below=3), Span(1, 3), None),
        (Need("x", below=3), None, None),
        (Need("x", at_least=2, below=5), 3, True),
        (Need("x", at_least=2, below=5), 6, False),
    ],
)
def test_an_answer_of_another_kind_is_no_answer(test: Need, value: object, said: bool | None) -> None:
    """It is asked again instead of being bent into one."""
    assert holds(test, {"x": value}) is said  # type: ignore[dict-item]


def _duty(name: str, **more: object) -> Duty:
    return Duty(name, (Need("a", among=(True,)),), ("paper",), **more)  # type: ignore[arg-type]


def test_a_later_day_is_only_for_those_who_are_known_to_have_it() -> None:
    """Who does not know whether the later day is theirs has the earlier one."""
    duty = _duty("R", due=date(2026, 8, 2), later=(((Need("old", among=(True,)),), date(2026, 12, 2)),))
    assert decided([duty], {"a": True}, {})[0].due == date(2026, 8, 2)
    assert decided([duty], {"a": True, "old": True}, {})[0].due == date(2026, 12, 2)


def test_an_action_waits_for_its_paper_and_no_other() -> None:
    """Denied where an applying duty lacks it and its day has come; a duty of tomorrow blocks nothing today."""
    duties = [_duty("now", before="use"), _duty("later", before="use", due=date(2027, 1, 20)),
              _duty("else", before="transfer"), _duty("never", before="use", forbids=True)]  # fmt: skip
    told = decided(duties, {"a": True}, {})
    assert [b.verdict.duty.id for b in blocks(told, (), TODAY, {"use"})] == ["now", "never"]
    assert [b.verdict.duty.id for b in blocks(told, {"paper"}, TODAY, {"use"})] == ["never"]
    assert blocks(decided(duties, {}, {}), (), TODAY, {"use"}) == []
    assert [v.duty.id for v in falling_due(told, TODAY, 90)] == ["later"]
    assert falling_due(told, TODAY, 10) == []
    assert [v.duty.id for v in falling_due(decided(duties, {}, {}), TODAY, 90)] == ["later"], "unknown is told too"


GRADING = Grading(
    ("advise", "free"), {"office": (1, 3), "safety": (3, 5)}, (Raise((Need("big", among=(True,)),), 1),), 5
)


@pytest.mark.parametrize(
    ("facts", "low", "high", "ask"),
    [
        ({}, 1, 5, ("scene", "autonomy", "big")),
        ({"scene": "office"}, 1, 4, ("autonomy", "big")),
        ({"scene": "office", "autonomy": "advise"}, 1, 2, ("big",)),
        ({"scene": "office", "autonomy": "advise", "big": True}, 2, 2, ()),
        ({"scene": "safety", "autonomy": "free"}, 5, 5, ()),  # the cap settles it whatever the scale
    ],
)
def test_a_level_is_as_sure_as_what_is_known(
    facts: dict[str, bool | str], low: int, high: int, ask: tuple[str, ...]
) -> None:
    """From the least it may be to the most, and what would settle it."""
    found = level(GRADING, facts)
    assert (found.span.low, found.span.high, found.ask) == (low, high, ask)


def test_the_class_that_is_left_waits_for_the_others() -> None:
    """No special duty is only said where every other class is ruled out."""
    classes = [Class("high", (Need("a", among=(True,)),)), Class("rest")]
    assert [c.holds for c in classed(classes, {})] == [None, None]
    assert classed(classes, {})[1].ask == ("a",)
    assert [c.holds for c in classed(classes, {"a": False})] == [False, True]
    assert [c.holds for c in classed(classes, {"a": True})] == [True, False]


def test_nothing_leaves_by_not_knowing() -> None:
    """Unknown is no permission; a forbidden flow stays blocked whatever is shown."""
    core = decided([_duty("core", before="transfer", forbids=True)], {"a": True}, {})
    small = decided([_duty("small", before="transfer")], {"a": True}, {})
    assert flow(None, "outbound", small, (), TODAY).state == "unknown"
    assert flow(False, "outbound", small, (), TODAY).state == "stays"
    assert flow(True, "outbound", small, (), TODAY).missing == ("paper",)
    assert flow(True, "outbound", small, {"paper"}, TODAY).state == "may_leave"
    assert flow(True, "outbound", core, {"paper"}, TODAY).state == "blocked"
    open_ = decided([_duty("small", before="transfer")], {}, {})
    assert (flow(True, "outbound", open_, (), TODAY).state, flow(True, "outbound", open_, (), TODAY).ask) == (
        "unknown",
        ("a",),
    )
