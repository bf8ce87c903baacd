"""Offset, drift and steps of a source's clock, under delay, jitter and backlogs."""

from random import Random

import pytest

from diapason.engines.intake import Clock

SECOND = 1_000_000
BEGIN = 1_764_000_000 * SECOND


def heard(offset, seconds: int, *, seed: int = 0, backlog: tuple[int, int] = (0, 0)) -> tuple[Clock, list]:
    """A source at 5 Hz whose clock lags by `offset(t)` µs; delays of 2 ms and more; a stretch arrives late."""
    random, clock, steps = Random(seed), Clock(), []
    for k in range(seconds * 5):
        sent = BEGIN + k * SECOND // 5
        delay = 2000 + int(random.expovariate(1 / 15_000))
        if backlog[0] <= k // 5 < backlog[1]:
            delay += (backlog[1] - k // 5) * SECOND
        step = clock.take(sent + delay, sent - int(offset(k / 5)))
        steps += [step] if step else []
    return clock, steps


@pytest.mark.parametrize("lag", [0.0, 7.5, -42.0])
def test_a_steady_clock_is_known_to_a_few_milliseconds(lag):
    clock, steps = heard(lambda _: lag * SECOND, 120)
    assert abs(clock.offset - lag * SECOND) < 5000
    assert not steps


def test_drift_is_measured():
    clock, steps = heard(lambda t: 50e-6 * t * SECOND, 590)
    assert clock.drift == pytest.approx(50, abs=6)
    assert not steps


@pytest.mark.parametrize("size", [-3.0, 3.0, 3600.0, -3600.0])
def test_a_clock_that_was_set_is_told_once_with_its_size(size):
    clock, steps = heard(lambda t: (0 if t < 100 else -size) * SECOND, 200)
    (step,) = steps
    assert step.size == pytest.approx(size * SECOND, abs=60_000)
    assert abs(clock.offset + size * SECOND) < 60_000


def test_a_backlog_is_no_step():
    clock, steps = heard(lambda _: 0, 240, backlog=(80, 140))
    assert not steps
    assert abs(clock.offset) < 5000


def test_it_is_kept_over_a_restart():
    clock, _ = heard(lambda _: SECOND, 100)
    kept = clock.plain()
    again = Clock.read(kept)
    assert again == clock
    clock.take(BEGIN + 500 * SECOND, BEGIN + 500 * SECOND)  # what goes on is not in what was kept
    assert Clock.read(kept) == again
