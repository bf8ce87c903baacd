"""What a sealed plan says it costs at most, it costs at most, whatever plug-ins propose."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from diapason.ports import find
from diapason.services.resonate.cells import Plain
from diapason.services.resonate.planning import choose, flagger
from diapason.services.resonate.playing import Learner, Player, Size
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Candidate, Kind

N = 600


def rows():
    draw = np.random.default_rng(0)
    X = draw.normal(size=(N, 3))
    target = X @ np.array([2.0, -1.0, 0.5]) + 0.3 * draw.normal(size=N)
    return Examples(Task.REGRESSION, pl.DataFrame(X, schema=["a", "b", "c"]), target, np.arange(N))


@dataclass(frozen=True)
class Eager:
    """Proposes to drop another stretch of rows, many times over."""

    name: str = "eager"
    kind: Kind = Kind.CURATION

    def propose(self, evidence):
        return tuple(Candidate(f"eager-{i:02}", self.name, self.kind, {"from": i}, "") for i in range(30))

    def apply(self, evidence, parameters):
        examples = evidence.examples
        gone = np.arange(len(examples)) // 10 == parameters["from"]
        return examples.take(np.flatnonzero(~gone)), examples.rows[gone]

    def condition(self, examples, parameters):
        return examples


def test_what_finds_no_room_is_said_and_not_run():
    """Eight of thirty candidates are screened; the others stand in the table with that reason."""
    linear = find("recipes", "linear")
    learners = (Learner("usual", linear, linear.settings(Task.REGRESSION)[0]),)
    store, size = Plain(), Size(folds=4, draws=1, finalists=1, parts=2, tried=8)
    played = Player(rows(), learners, flagger(Task.REGRESSION), (Eager(),), size, store, "", 0).play()
    assert len(played.trials.candidates) == size.tried
    said = [r.reason for r in played.ending.rows]
    assert len(said) == 30
    assert said.count("trial_left_out") == 22


def test_a_small_budget_is_kept_to_by_trying_fewer_rows():
    """The estimate of what is planned lies within the budget asked for, or the plan is the smallest there is."""
    small = choose(rows(), None, 5.0, seed=0)
    large = choose(rows(), None, 600.0, seed=0)
    assert large.seconds <= 600
    assert small.trainings <= large.trainings
    assert small.size.folds <= large.size.folds


def test_in_time_order_late_folds_screen_and_others_confirm():
    """What is wrong late in the table is learnt from where candidates are proposed, and judged elsewhere."""
    linear = find("recipes", "linear")
    learners = (Learner("usual", linear, linear.settings(Task.REGRESSION)[0]),)
    timed = replace(rows(), time=np.arange(N) * 60.0)
    size = Size(folds=6, draws=1, finalists=1, parts=2, tried=2)
    played = Player(timed, learners, flagger(Task.REGRESSION), (Eager(),), size, Plain(), "", 0).play()
    learnt = [len(f.train) for f in played.split.folds]
    assert sorted(learnt)[2::2] == sorted(learnt[:2])
    assert set(played.trials.design.confirm) == {2, 3, 4, 5}
