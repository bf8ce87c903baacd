"""Adding tallies: order, grouping and repetition do not matter, and every candidate ends in exactly one place."""

from collections import Counter
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.acceptance.criteria import State, Verdict
from diapason.engines.acceptance.tally import Source, Tally, settled, tallied
from diapason.vocabulary.language import Text

WHY = Text("because", "因为")
NAMES = ("furnace@1", "furnace@2", "mill@1")

verdicts = st.builds(
    lambda counter, name, state, same, at: Verdict(counter, f"{counter}@1", name, state, WHY, (), (), same, at),
    st.sampled_from(("dataset", "scenario", "enterprise")),
    st.sampled_from(NAMES),
    st.sampled_from(tuple(State)),
    st.sampled_from(((), ("data:a",), ("data:b",))),
    st.sampled_from(("2026-01", "2026-02", "2026-03")),
)


@st.composite
def sources(draw: st.DrawFn) -> Source:
    """A ledger of one of three workspaces; some are broken, some are read twice on different days."""
    key, length, fork = draw(st.sampled_from("abc")), draw(st.integers(1, 4)), draw(st.booleans())
    marks = tuple(f"{key}{i}{'x' if fork and i == length - 1 else ''}" for i in range(length))
    broken = WHY if draw(st.integers(0, 9)) == 0 else None
    found = tuple(draw(st.lists(verdicts, max_size=4)))
    day = draw(st.sampled_from(("2026-11-22", "2026-11-23")))
    name = f"{key}{length}{fork}{draw(st.integers(0, 1))}"
    return Source(name, key, f"plant-{key}", day, length, marks, found, broken=broken, file=f"{name}.evidence")


several = st.lists(sources(), max_size=6)


@given(several, several, several)
@settings(max_examples=150)
def test_order_and_grouping_do_not_matter(a: list[Source], b: list[Source], c: list[Source]) -> None:
    """Commutative, associative, with nothing as the neutral element; and so is what it comes to."""
    x, y, z = tallied(a), tallied(b), tallied(c)
    assert x + y == y + x
    assert (x + y) + z == x + (y + z)
    assert x + Tally() == x
    assert settled(x + y + z) == settled(z + y + x)


@given(several)
def test_the_same_bundle_twice_changes_nothing(a: list[Source]) -> None:
    """Read again or added again, a tally stays what it is."""
    once = tallied(a)
    assert once + once == once
    assert settled(tallied([*a, *reversed(a)])) == settled(once)


@given(several)
def test_every_broken_ledger_is_named_and_counts_as_nothing(a: list[Source]) -> None:
    """Nothing that is accepted comes from one."""
    counted = settled(tallied(a))
    bad = {s.id for s in tallied(a).sources.values() if s.broken is not None}
    assert {s.id for s in counted.broken} == bad
    every = (*counted.accepted, *counted.untested, *counted.refused, *counted.dead)
    assert not any(i.source.id in bad for i in every)


@given(several)
def test_one_thing_counts_once(a: list[Source]) -> None:
    """One accepted per workspace and name, one per content digest; what is accepted anywhere is accepted or named."""
    counted = settled(tallied(a))
    digests = Counter((i.verdict.counter, d) for i in counted.accepted for d in i.verdict.same_as)
    assert all(n == 1 for n in digests.values())
    sources = {(i.identity, i.source.id) for i in counted.accepted}
    assert len(sources) == len({identity for identity, _ in sources}), "one ledger speaks for one name"
    for d in counted.duplicates:
        assert d.why.en
        assert d.why.zh


@given(several)
def test_two_ledgers_under_one_key_that_contradict_each_other_are_not_tested(a: list[Source]) -> None:
    """Neither may count, and both are named."""
    tally = tallied(a)
    counted = settled(tally)
    held = [s for s in tally.sources.values() if s.broken is None]
    torn = {
        x.key for x, y in permutations(held, 2) if x.key == y.key and len(x.marks) <= len(y.marks)
        and y.marks[: len(x.marks)] != x.marks
    }  # fmt: skip
    assert {x.key for x, _ in counted.forked} == torn
    assert not any(i.source.key in torn for i in counted.accepted)


def test_equal_content_in_two_workspaces_counts_where_it_was_first() -> None:
    """The later one is named with the earlier."""

    def one(key: str, at: str) -> Source:
        verdict = Verdict("dataset", "dataset@1", "furnace@1", State.ACCEPTED, WHY, (), (), ("data:same",), at)
        return Source(key, key, f"plant-{key}", "2026-11-22", 1, (key,), (verdict,))

    counted = settled(tallied([one("a", "2026-02"), one("b", "2026-01")]))
    assert counted.number("dataset") == 1
    assert counted.accepted[0].source.key == "b"
    assert [(d.item.source.key, d.of.source.key) for d in counted.duplicates] == [("a", "b")]
