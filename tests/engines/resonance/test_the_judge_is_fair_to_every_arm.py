"""The judge: weights before arms, plain loss where nothing is shown, intervals that hold, ask and tell that ends."""

import numpy as np
import polars as pl
import pytest

from diapason.engines.resonance.audit import sheet
from diapason.engines.resonance.gains import counted_gain, errors_gain, mean_gain
from diapason.engines.resonance.judge import CONFIRM, CORRECTED, SCREEN, appoint
from diapason.engines.resonance.trials import Design, Trials
from diapason.engines.resonance.verdict import conclude
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.splits import Fold
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.trials import Arm, Candidate, Kind

N = 900
ROWS = np.arange(50)


def made(damage=0.0, seed=0, **more):
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(N, 3))
    right = 3 * X[:, 0] + X[:, 1] ** 2 + 30
    given = right + 0.3 * draw.normal(size=N)
    bad = draw.choice(N, int(damage * N), replace=False)
    given[bad] = 1.8 * given[bad] + 32
    frame = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    return Examples(Task.REGRESSION, frame, given, np.arange(N), **more), right, bad


def parts(k=6, n=N):
    code = np.arange(n) % k
    return tuple(Fold(np.flatnonzero(code != i), np.flatnonzero(code == i)) for i in range(k))


def test_without_a_shown_error_the_loss_is_the_plain_one():
    examples, right, _ = made()
    judge = appoint(examples, parts(), 2, seed=0)
    assert not judge.trimmed
    rows = judge.stage == CONFIRM
    plain = np.sqrt(np.mean((right - examples.target)[rows] ** 2))
    assert judge.score(right, CONFIRM) == pytest.approx(plain)


def test_trimming_good_tails_is_never_rewarded():
    """An arm that is better on the core and worse on a true tail loses, as it will on the line."""
    draw = np.random.default_rng(1)
    examples, right, _ = made(seed=1)
    tail = draw.choice(N, 60, replace=False)
    moved = examples.target.copy()
    moved[tail] += 6 * np.abs(draw.standard_t(2, 60))
    skewed = Examples(Task.REGRESSION, examples.features, moved, examples.rows)
    judge = appoint(skewed, parts(), 2, seed=0)
    honest = right + (moved - examples.target).mean()
    assert judge.gain(honest, right, CONFIRM).value < 0


def test_gross_errors_do_not_drown_a_difference():
    examples, right, bad = made(0.15)
    judge = appoint(examples, parts(), 2, seed=0)
    assert judge.weight[bad].max() < 0.01
    worse = right + 0.3 * np.random.default_rng(5).normal(size=N)
    gain = judge.gain(worse, right, CONFIRM)
    assert gain.low(1.96) > 0
    assert judge.gain(right, worse, CONFIRM).value < 0


def test_screening_and_confirmation_never_share_a_row():
    judge = appoint(made()[0], parts(), 2, seed=0)
    assert set(judge.fold[judge.stage == SCREEN]) == {0, 1}
    assert set(judge.fold[judge.stage == CONFIRM]) == {2, 3, 4, 5}


def test_a_single_fold_is_halved_by_whole_assets():
    examples, *_ = made(asset=np.arange(N) // 60)
    judge = appoint(examples, (Fold(np.arange(0, 10), np.arange(10, N)),), 2, seed=0)
    for a in range(1, 15):
        assert len(set(judge.stage[judge.cluster == a])) == 1


@pytest.mark.parametrize("clusters", [None, 40])
def test_intervals_of_a_gain_of_nothing_hold_nothing(clusters):
    draw = np.random.default_rng(0)
    n, hits, runs = 800, 0, 200
    for _ in range(runs):
        cluster = np.arange(n) if clusters is None else draw.integers(clusters, size=n)
        shock = draw.normal(size=int(cluster.max()) + 1)[cluster]
        truth = draw.normal(size=n) + shock
        one, two = 0.2 * draw.normal(size=n) + 0.3 * shock, 0.2 * draw.normal(size=n) + 0.3 * shock
        gain = errors_gain((truth - one) ** 2, (truth - two) ** 2, np.ones(n), cluster, np.zeros(n, int))
        reach = gain.estimate(0.95)
        hits += reach.low <= 0 <= reach.high
    assert hits / runs > 0.9


def test_several_draws_widen_the_interval():
    truth = np.random.default_rng(0).normal(size=500)
    draws = [
        errors_gain(truth**2, (truth - k) ** 2, np.ones(500), np.arange(500), np.zeros(500, int)) for k in (0.1, 0.3)
    ]
    assert mean_gain(draws).error >= min(d.error for d in draws)


def test_where_no_row_is_judged_nothing_is_gained():
    none = np.zeros(0)
    gain = errors_gain(none, none, none, none.astype(int), none.astype(int))
    assert (gain.value, gain.error, gain.n) == (0.0, 0.0, 0)


def test_counted_gains_come_with_doubt():
    draw = np.random.default_rng(0)
    truth = draw.integers(2, size=600)
    good = np.where(draw.random(600) < 0.9, truth, 1 - truth)
    fair = np.where(draw.random(600) < 0.7, truth, 1 - truth)

    def accuracy(counts):
        return float(np.trace(counts.reshape(2, 2)) / counts.sum())

    cells = (truth * 2 + fair, truth * 2 + good)
    gain = counted_gain(accuracy, cells, 4, np.arange(600), np.zeros(600, int))
    assert gain.low(1.96) > 0.1
    assert gain.value == pytest.approx(0.2, abs=0.06)


def play(trials, right, quality):
    """Answer what is asked: each arm predicts the truth with an error of its own."""
    draw, asked = np.random.default_rng(0), 0
    while cells := trials.ask():
        asked += len(cells)
        for cell in cells:
            test = trials.folds[cell.fold].test
            noise = quality.get((cell.candidate, cell.arm)) or quality[cell.arm]
            trials.tell(cell, right[test] + noise * draw.normal(size=len(test)), ROWS)
    return asked


def candidates(*names):
    return tuple(Candidate(n, "drop", Kind.CURATION, {}) for n in names)


def trial(examples, names, **more):
    judge = appoint(examples, parts(), 2, seed=0)
    design = Design((0, 1), (2, 3, 4, 5), ("usual", "robust"), **more)
    return Trials(design, judge, parts(), candidates(*names))


def test_a_repair_that_helps_is_adopted_and_one_that_does_not_is_screened_out():
    examples, right, _ = made(0.1)
    trials = trial(examples, ("good", "idle"))
    asked = play(
        trials,
        right,
        {
            Arm.NOTHING: 1.0,
            Arm.ROBUST: 0.6,
            Arm.PLACEBO: 1.0,
            ("good", Arm.TREATMENT): 0.1,
            ("idle", Arm.TREATMENT): 1.2,
        },
    )
    ending = conclude(trials, {}, ())
    assert ending.adopted.candidate.id == "good"
    reasons = {r.candidate.id: r.reason for r in ending.rows}
    assert reasons == {"good": "trial_adopted", "idle": "trial_screened_out"}
    assert asked <= 2 * (2 + 2 + 2) + 4 * (2 + 2 + 3)


@pytest.mark.parametrize(
    ("arm", "level", "reason"),
    [
        (Arm.ROBUST, 0.02, "trial_screened_out"),
        (Arm.ROBUST, 0.12, "trial_no_gain_over_robust"),
        (Arm.PLACEBO, 0.1, "trial_no_gain_over_placebo"),
    ],
)
def test_a_repair_must_beat_every_arm(arm, level, reason):
    examples, right, _ = made(0.1)
    trials = trial(examples, ("good",))
    quality = {Arm.NOTHING: 1.0, Arm.ROBUST: 0.6, Arm.PLACEBO: 1.0, Arm.TREATMENT: 0.12} | {arm: level}
    play(trials, right, quality)
    ending = conclude(trials, {}, ())
    assert ending.adopted is None
    assert ending.rows[0].reason == reason


@pytest.mark.parametrize(("quality", "stays"), [(0.94, True), (1.3, False)])
def test_what_was_proved_before_people_answered_stays_unless_they_speak_against_it(quality, stays):
    """A gain too small to be proved anew is no reason to take a proved repair back; a loss is."""
    examples, right, _ = made(0.1)
    trials = trial(examples, ("good",))
    trials.held = (trials.candidates[0], "earlier")
    play(trials, right, {Arm.NOTHING: 1.0, Arm.ROBUST: 1.0, Arm.PLACEBO: 1.0, Arm.TREATMENT: quality})
    ending = conclude(trials, {}, ())
    assert (ending.adopted is not None) is stays
    assert ("trial_held" in [row.reason for row in ending.rows]) is stays


@pytest.mark.parametrize(("quality", "stays"), [(0.49, True), (0.2, False)])
def test_what_was_proved_before_gives_way_only_to_what_is_proved_to_be_better(quality, stays):
    """Two repairs as good as one another change places by luck after each audit; one that is better wins."""
    examples, right, _ = made(0.1)
    trials = trial(examples, ("old", "new"))
    trials.held = (trials.candidates[0], "earlier")
    of = {("old", Arm.TREATMENT): 0.5, ("new", Arm.TREATMENT): quality}
    play(trials, right, {Arm.NOTHING: 1.0, Arm.ROBUST: 1.0, Arm.PLACEBO: 1.0, **of})
    ending = conclude(trials, {}, ())
    assert ending.adopted is not None
    assert ending.adopted.candidate.id == ("old" if stays else "new")
    assert (ending.adopted.learner == "earlier") is stays


def labelled(n=900, seed=0):
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(n, 3))
    right = (X[:, 0] + 0.5 * X[:, 1] > 0).astype(float)
    given = np.where(draw.random(n) < 0.25, 1 - right, right)
    frame = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    return Examples(Task.CLASSIFICATION, frame, given, np.arange(n), classes=("low", "high")), right


def test_labels_with_noise_of_classes_are_judged_by_what_rows_are_believed_to_be():
    """The right labels win over the given ones; a gain that only the belief sees is none."""
    examples, right = labelled()
    judge = appoint(examples, parts(), 2, seed=0)
    assert {f.kind for f in judge.findings} == {"label_doubted", CORRECTED}
    coin = np.random.default_rng(2).integers(2, size=len(right)).astype(float)
    assert judge.gain(coin, right, CONFIRM).low(1.96) > 0
    assert judge.agrees(coin, right, CONFIRM)
    assert not judge.agrees(right, coin, CONFIRM)


def test_repairs_that_do_nothing_are_adopted_at_most_as_often_as_said():
    examples, right, _ = made(0.1)
    first, wrong = trial(examples, ("a", "b", "c", "d")), 0
    for seed in range(60):
        trials = Trials(first.design, first.judge, first.folds, first.candidates)
        draw = np.random.default_rng(seed)
        while cells := trials.ask():
            for cell in cells:
                test = trials.folds[cell.fold].test
                trials.tell(cell, right[test] + 0.5 * draw.normal(size=len(test)), ROWS)
        wrong += conclude(trials, {}, ()).adopted is not None
    assert wrong <= 3


def test_an_audit_sheet_estimates_without_bias():
    draw = np.random.default_rng(0)
    doubt = draw.beta(0.5, 3, 3000)
    wrong = draw.random(3000) < doubt
    told = []
    for seed in range(300):
        rows = sheet(np.arange(3000), doubt, np.zeros(3000), 150, seed=seed)
        assert len(rows) == 150
        told.append(sum(wrong[r.position] / r.inclusion for r in rows))
    assert np.mean(told) == pytest.approx(wrong.sum(), rel=0.05)
    assert sum(r.inclusion for r in rows) <= 150


@pytest.mark.parametrize(("alarms", "suffers"), [(0, False), (20, False), (80, True)])
def test_false_alarms_may_rise_a_fifth_as_much_as_hits_and_hits_never_fall(alarms, suffers):
    """A deaf monitor raises none; half of the faults heard pay for a tenth of the normal rows, not for a quarter."""
    n = 400
    fault = np.arange(n) % 5 == 0
    draw = np.random.default_rng(0)
    rows = Examples(Task.MONITORING, pl.DataFrame({"a": draw.normal(size=n)}), fault.astype(float), np.arange(n))
    judge = appoint(rows, parts(2, n), 0, seed=0)
    deaf, heard = np.zeros(n), np.zeros(n)
    heard[np.flatnonzero(fault)[::2]] = 1
    heard[draw.permutation(np.flatnonzero(~fault))[:alarms]] = 1
    assert (judge.guard(deaf, heard, CONFIRM).value < 0) == suffers
    assert judge.guard(heard, deaf, CONFIRM).value < 0
