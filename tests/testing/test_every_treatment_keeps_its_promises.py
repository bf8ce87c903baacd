"""Our treatments pass the public check; one that breaks any single promise of it does not."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partialmethod
from typing import Any

import numpy as np
import polars as pl
import pytest

from diapason.ports import find, names
from diapason.roles.treatment import Cost
from diapason.testing.treatments import check_treatment, example_evidence
from diapason.vocabulary.language import Text
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, Kind

OURS = [
    ("drop", "targets"),
    ("drop", "labels"),
    ("relabel", "labels"),
    ("relabel", "targets"),
    ("repair_target", "targets"),
    ("drop_assets", "assets"),
    ("deduplicate", "copies"),
    ("remove_leak", "leak"),
    ("repair_cell", "inputs"),
    ("repair_batch", "batch"),
    ("adapt_drift", "change"),
    ("rejoin", "beside"),
    ("trim", "far"),
    ("repair_drift", "drift"),
    ("impute", "gaps"),
    ("soft_label", "labels"),
    ("convert_input", "unit"),
]


class Drop:
    """Curation: rows whose target is doubted are left out."""

    name, kind, cost = "mine", Kind.CURATION, Cost(Text("nothing", "无"))

    def propose(self, evidence):
        doubted = int((evidence.doubt > 0.5).sum())
        return (self.candidate("mine-1", above=0.5),) if doubted else ()

    def candidate(self, identity, **parameters):
        return replace(
            find("treatments", "drop").propose(example_evidence("targets"))[0],
            id=identity,
            treatment=self.name,
            kind=self.kind,
            parameters=parameters,
        )

    def apply(self, evidence, parameters):
        bad = evidence.doubt > parameters["above"]
        return evidence.examples.take(np.flatnonzero(~bad)), evidence.examples.rows[bad]

    def condition(self, examples, parameters):
        return examples


class Cap(Drop):
    """Conditioning: a spike becomes a gap, on training rows and on the line alike."""

    kind, cost = Kind.CONDITIONING, Cost(Text("one comparison", "一次比较"), on_line=True)

    def propose(self, evidence):
        spiked = evidence.examples.features["a"].max() > 20
        return (self.candidate("mine-1", column="a", most=20.0),) if spiked else ()

    def condition(self, examples, parameters):
        held = pl.when(pl.col("a") > parameters["most"]).then(None).otherwise(pl.col("a")).alias("a")
        return replace(examples, features=examples.features.with_columns(held))

    def apply(self, evidence, parameters):
        high = (evidence.examples.features["a"] > parameters["most"]).to_numpy()
        return self.condition(evidence.examples, parameters), evidence.examples.rows[high]


def changed(kind: type, **ways: Callable[..., Any]) -> Any:
    """A treatment with methods replaced; each gets the sound treatment first."""
    sound = kind()
    return type("Broken", (kind,), {name: partialmethod(_called, way, sound) for name, way in ways.items()})()


def _called(_self: Any, way: Callable[..., Any], sound: Any, *given: Any) -> Any:
    return way(sound, *given)


def costing(cost: Any) -> Any:
    return type("Priced", (Drop,), {"cost": cost})()


def candidates(change: Callable[[Candidate], Candidate]) -> Any:
    return changed(Drop, propose=lambda t, e: tuple(change(c) for c in t.propose(e)))


def mended(change: Callable[..., Any]) -> Any:
    """The rows that come back are others: change(rows, touched, evidence)."""
    return changed(Drop, apply=lambda t, e, p: change(*t.apply(e, p), e))


def in_place(t: Drop, evidence: Any, parameters: Any) -> Any:
    done = t.apply(evidence, parameters)
    evidence.examples.target[0] += 1
    return done


def peeking(t: Cap, examples: Any, parameters: Any) -> Any:
    shift = 0.0 if np.isnan(examples.target).all() else 1.0
    return replace(examples, features=t.condition(examples, parameters).features.with_columns(pl.col("b") + shift))


def ahead(t: Cap, examples: Any, parameters: Any) -> Any:
    done = t.condition(examples, parameters)
    return replace(done, features=done.features.with_columns(pl.col("b") - pl.col("b").mean()))


def alike(condition: Callable[..., Any]) -> Any:
    """A conditioning treatment that does the same, wrong, thing on both sides."""
    return changed(Cap, condition=condition, apply=lambda t, e, p: (condition(t, e.examples, p), t.apply(e, p)[1]))


def shortened(t: Cap, evidence: Any, parameters: Any) -> Any:
    done, touched = t.apply(evidence, parameters)
    return done.take(np.arange(len(done) - 1)), np.append(touched, done.rows[-1])


COUNT = itertools.count()
BROKEN = {
    "it says what it costs, in both languages": costing(Cost(Text("nothing", ""))),
    "what travels to the line says that it costs there": costing(Cost(Text("nothing", "无"), on_line=True)),
    "damage is met with a candidate": changed(Drop, propose=lambda t, e: ()),
    "proposals repeat": candidates(lambda c: replace(c, id=f"mine-{next(COUNT)}")),
    "candidates have ids of their own": changed(Drop, propose=lambda t, e: t.propose(e) * 2),
    "a candidate names its treatment": candidates(lambda c: replace(c, treatment="other")),
    "a candidate has the kind of its treatment": candidates(lambda c: replace(c, kind=Kind.CONDITIONING)),
    "parameters are JSON": candidates(lambda c: replace(c, parameters={"above": 0.5, "seen": object()})),
    "what was given is not changed in place": changed(Drop, apply=in_place),
    "mended rows are of the same task": mended(lambda m, rows, e: (replace(m, task=Task.MONITORING), rows)),
    "no row is invented without a negative number": mended(lambda m, rows, e: (replace(m, rows=m.rows + 5000), rows)),
    "no row is doubled": mended(lambda m, rows, e: (m.take(np.r_[0, np.arange(len(m))]), rows)),
    "rows touched are rows that were given": mended(lambda m, rows, e: (m, rows + 5000)),
    "dropped rows are among those touched": mended(lambda m, rows, e: (m, rows[1:])),
    "a candidate changes something": mended(lambda m, rows, e: (e.examples, rows[:0])),
    "the same call mends the same way": mended(lambda m, rows, e: (replace(m, target=m.target + next(COUNT)), rows)),
    "curation leaves the line alone": changed(Drop, condition=lambda t, x, p: replace(x, target=x.target + 1)),
    "conditioning drops no row": changed(Cap, apply=shortened),
    "conditioning leaves the target alone": changed(
        Cap, condition=lambda t, x, p: replace(t.condition(x, p), target=x.target + 1)
    ),
    "training rows and the line are conditioned alike": changed(
        Cap, condition=lambda t, x, p: x, apply=lambda t, e, p: t.apply(e, p)
    ),
    "the target is not looked at": alike(peeking),
    "nothing later than the row is looked at": alike(ahead),
    "without a sign of the defect nothing is proposed": changed(
        Drop, propose=lambda t, e: (t.candidate("mine-1", above=0.5),)
    ),
}


@pytest.mark.parametrize(("name", "damage"), OURS)
def test_every_treatment_keeps_its_promises(name: str, damage: str) -> None:
    """It proposes where there is damage, mends without touching what it was given, and repeats itself."""
    check_treatment(find("treatments", name), example_evidence(damage), example_evidence())


def test_the_installed_ones_are_known_here() -> None:
    """None goes unchecked."""
    assert {name for name, _ in OURS} == set(names("treatments"))


@pytest.mark.parametrize(("kind", "damage"), [(Drop, "targets"), (Cap, "inputs")])
def test_a_sound_treatment_of_somebody_else_passes(kind: type, damage: str) -> None:
    """So that what follows fails for its own reason."""
    check_treatment(kind(), example_evidence(damage), example_evidence())


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_is_found_out(promise: str) -> None:
    """Each by the words of that promise."""
    tool = BROKEN[promise]
    damaged = example_evidence("targets" if tool.kind is Kind.CURATION else "inputs")
    with pytest.raises(AssertionError, match=f"promise broken: {promise}"):
        check_treatment(tool, damaged, example_evidence())


def test_no_promise_is_asked_for_that_nobody_can_break(promised: Callable[[str], set[str]]) -> None:
    """Each stands above with a treatment that breaks it."""
    assert [p for p in promised("treatments") if not any(p in s or s in p for s in BROKEN)] == []
