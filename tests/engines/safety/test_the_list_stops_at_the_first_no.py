"""Every line of the gateway's list says no to what it is for, and only it does; all edges are where they should be."""

import ast
import inspect
import pickle
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from diapason.engines.safety import (
    ADVICE,
    BEFORE_ASKING,
    CHECKS,
    OPERATOR,
    Rule,
    Situation,
    bounds,
    judge,
    narrowed,
    surroundings,
)
from diapason.vocabulary.acting import Autonomy, Envelope, Proposal
from diapason.vocabulary.language import Text
from tests.engines.safety.cases import ALLOWED, CASES, ENVELOPE, GOOD, SCENE

ORDER = (
    *("identity", "permission", "level", "envelope", "value", "unit", "moment", "limits", "step", "rate", "dwell"),
    *(
        "daily",
        "budget",
        "interlocks",
        "mode",
        "exclusion",
        "undo",
        "effect",
        "approval",
        "old value",
        "once",
        "watch",
        "stop",
    ),
)
EACH = [(rule, what, case) for rule, cases in CASES.items() for what, case in cases]


def test_the_list_has_this_order_and_a_case_for_each_line() -> None:
    assert tuple(rule.name for rule in CHECKS) == ORDER == tuple(CASES)
    assert all(rule.title.en and rule.title.zh for rule in CHECKS)


@pytest.mark.parametrize(("rule", "what", "case"), EACH, ids=[f"{r}: {w}" for r, w, _ in EACH])
def test_each_line_says_no_and_says_why(rule: str, what: str, case: tuple[Proposal, Situation]) -> None:
    verdict = judge(*case)
    assert (verdict.allowed, verdict.refused_by) == (False, rule), (what, verdict.checks[-1])
    assert [c.name for c in verdict.checks] == list(ORDER[: ORDER.index(rule) + 1]), "nothing after the first no"
    assert verdict.checks[-1].why.en
    assert verdict.checks[-1].why.zh


@pytest.mark.parametrize("what", ALLOWED)
def test_what_may_pass_passes(what: str) -> None:
    verdict = judge(*ALLOWED[what])
    assert verdict.allowed, verdict.checks[-1]
    assert len(verdict.checks) == len(CHECKS)


@pytest.mark.parametrize("name", ORDER)
def test_without_a_line_something_would_pass_that_must_not(name: str) -> None:
    """Each line flipped off: at least one of its cases then gets through, so no other line stands in for it."""
    left = [rule for rule in CHECKS if rule.name != name]
    through = any(_passes(case, left) for _, case in CASES[name])
    assert through != (name == "permission"), "only for want of a permission the level says no as well"


def _passes(case: tuple[Proposal, Situation], rules: list[Rule]) -> bool:
    """Whether nothing else refuses it; a rule that can't even be asked without the one before it counts as through."""
    verdict = judge(*case, rules)
    return verdict.allowed or "could not be judged" in verdict.checks[-1].why.en


def test_no_twin_is_said_where_it_matters_and_stops_who_acts_alone() -> None:
    told = judge(GOOD, replace(SCENE, forecast=None))
    assert "not foreseen" in next(c.why.en for c in told.checks if c.name == "effect")
    alone = judge(GOOD, replace(SCENE, level=Autonomy.A4, forecast=None))
    assert alone.refused_by == "effect"


def test_nothing_known_allows_nothing_and_an_error_is_a_no() -> None:
    for rules in (CHECKS, BEFORE_ASKING, ADVICE, OPERATOR):
        assert not judge(GOOD, Situation(SCENE.now, ""), rules).allowed
    assert not judge(GOOD, SCENE, ()).allowed, "no rules allow nothing"

    def broken(_p: Proposal, _s: Situation) -> tuple[bool, Text]:
        raise ZeroDivisionError

    verdict = judge(GOOD, SCENE, [Rule("broken", Text("b", "b"), broken)])
    assert not verdict.allowed
    assert "ZeroDivisionError" in verdict.checks[0].why.en
    assert not judge(GOOD, SCENE, [Rule("odd", Text("o", "o"), lambda _p, _s: (1, Text("", "")))]).allowed  # type: ignore[arg-type,return-value]


def test_a_person_is_asked_only_for_what_would_be_allowed() -> None:
    assert {r.name for r in CHECKS} - {r.name for r in BEFORE_ASKING} == {"approval", "watch"}
    assert judge(GOOD, replace(SCENE, approval=None, seal=None), BEFORE_ASKING).allowed


def test_the_way_back_keeps_limits_mode_and_the_present_value() -> None:
    own = replace(GOOD, key="k1~undo1", agent="gateway", old=135.0, new=120.0)
    here = replace(
        SCENE, manifest=None, readings={GOOD.tag: replace(SCENE.readings[GOOD.tag], value=135.0)}, stops=("all",)
    )
    assert judge(own, here, OPERATOR).allowed, "from outside the limits, while stopped, by nobody's manifest"
    for wish, scene, name in (
        (replace(own, new=131.0), here, "limits"),
        (replace(own, new=109.0), here, "limits"),
        (own, replace(here, mode="maintenance"), "mode"),
        (replace(own, old=134.0), here, "old value"),
        (replace(own, key="k1"), here, "once"),
        (own, replace(here, begun=True), "once"),
        (own, replace(here, envelope=None), "envelope"),
    ):
        assert judge(wish, scene, OPERATOR).refused_by == name
    edges = [judge(replace(own, new=new), here, OPERATOR).allowed for new in (130.0, 110.0)]
    assert edges == [True, True]


NARROWER = Envelope("R-101", "TIC-201.SP", "Cel", 115.0, 140.0, step=1.0, rate=9.0, dwell=5.0, daily=9)


def test_a_manifest_can_only_narrow() -> None:
    both = narrowed(ENVELOPE, NARROWER)
    assert both is not None
    assert (both.low, both.high, both.step, both.rate, both.dwell, both.daily) == (115.0, 130.0, 1.0, 4.0, 60.0, 3)
    assert both.interlocks == ENVELOPE.interlocks
    assert narrowed(ENVELOPE, None) == ENVELOPE
    for other in ({"unit": "K"}, {"low": 131.0}, {"modes": ("manual",)}, {"tag": "X"}):
        assert narrowed(ENVELOPE, replace(NARROWER, **other)) is None  # type: ignore[arg-type]


SURVIVE = {
    "without part 1: type(p.agent) is not str or known is None or known.name != p.agent": "None has no name",
    "edge 0: s.now <= 0": "at 0 it was made in the future",
    "edge 0: move > e.step + crumb(p)": "no double lies exactly there",
    "edge 0: moved > e.rate + crumb(p)": "no double lies exactly there",
    "without part 0: was is None or was.key != p.undoes or was.agent != p.agent": "None has no key",
    "edge 0: math.copysign(1, value) > 0": "a sign is never 0",
}
"""Mutants that change nothing that can be seen, each with its reason."""


def test_every_mutant_of_the_list_is_noticed() -> None:
    """Each condition negated, each part of it dropped, each comparison moved by its edge: a case must tell."""
    alive = set()
    for part in (bounds, surroundings):
        tree = ast.parse(inspect.getsource(part))
        alive |= {what for what, mutant, near in _mutants(tree) if not _noticed(part, mutant, near)}
    assert alive == set(SURVIVE)


def _mutants(tree: ast.Module) -> Iterator[tuple[str, ast.Module, str]]:
    """What was changed, the changed tree, and the line of the list whose function it is in."""
    whole = pickle.dumps(tree)
    named = {rule.holds.__name__: rule.name for rule in CHECKS}
    inside = {id(n): named.get(f.name, "") for f in tree.body if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    for i, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            mutant = pickle.loads(whole)  # our own bytes
            change(next(n for j, n in enumerate(ast.walk(mutant)) if j == i))
            yield f"{what}: {ast.unparse(node)[:90]}", mutant, inside.get(id(node), "")


_EDGE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
_EDGE |= {ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], object]]]:
    if isinstance(node, ast.If | ast.IfExp):
        yield "negated", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.BoolOp):
        for k in range(len(node.values)):
            yield f"without part {k}", lambda n, k=k: n.values.pop(k)
    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            if type(op) in _EDGE:
                yield f"edge {k}", lambda n, k=k: n.ops.__setitem__(k, _EDGE[type(n.ops[k])]())


def _noticed(part: types.ModuleType, mutant: ast.Module, near: str) -> bool:
    made = types.ModuleType("mutant")
    made.__dict__["__name__"] = part.__name__
    try:
        exec(compile(ast.fix_missing_locations(mutant), "mutant", "exec"), made.__dict__)
    except Exception:  # noqa: BLE001  # it does not even load
        return True
    kept = vars(surroundings)
    old = {name: kept[name] for name in ("bound_of", "crumb", "level_of", "plain")}
    try:
        kept.update({name: made.__dict__[name] for name in old} if part is bounds else {})
        return _told(made, near)
    finally:
        kept.update(old)


def _told(made: types.ModuleType, near: str) -> bool:
    rules = [_mutated(rule, made) for rule in CHECKS]
    first = sorted(EACH, key=lambda one: one[0] != near)  # the likeliest to tell first
    if not judge(GOOD, SCENE, rules).allowed or any(judge(*case, rules).refused_by != rule for rule, _, case in first):
        return True
    return any(not judge(*case, rules).allowed for case in ALLOWED.values()) or not _same_ways(made)


def _mutated(rule: Rule, made: types.ModuleType) -> Rule:
    """The same line by the mutant's function, where the mutant has one of its own."""
    own = made.__dict__.get(rule.holds.__name__)
    mine = getattr(own, "__module__", "") == rule.holds.__module__ == made.__name__
    return replace(rule, holds=own) if mine and own is not None else rule


def _same_ways(made: types.ModuleType) -> bool:
    """The way back."""
    rules = [_mutated(rule, made) for rule in OPERATOR]
    own = replace(GOOD, key="k1~undo1")
    ways = [judge(own, SCENE, rules).allowed]
    ways += [judge(replace(own, new=new), SCENE, rules).allowed for new in (130.0, 110.0, 130.5, 109.5)]
    ways.append(judge(replace(own, key="k1"), SCENE, rules).allowed)
    return ways == [True, True, True, False, False, False]
