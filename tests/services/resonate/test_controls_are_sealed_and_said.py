"""Controls fit a budget by counting, come from the cache, and are said in both languages."""

import json
import re

import numpy as np
import polars as pl
import pytest

from diapason.services.resonate import control_table
from diapason.services.resonate.cells import Plain
from diapason.services.resonate.controls import as_sealed, controlled, planned, trainings
from diapason.services.resonate.planning import flagger, treatments
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.tasks import Task
from diapason.vocabulary.wire import plain

HAN = re.compile("[\u4e00-\u9fff]")


def rows(n=240):
    draw = np.random.default_rng(0)
    X = draw.normal(size=(n, 4)) + 3
    strange = (np.arange(n) >= n - 40).astype(float)
    return Examples(
        Task.MONITORING, pl.DataFrame(X, schema=list("abcd")), strange, np.arange(n), time=np.arange(n) * 1.0
    )


def values(n=400):
    draw = np.random.default_rng(0)
    X = draw.normal(size=(n, 3))
    return Examples(Task.REGRESSION, pl.DataFrame(X, schema=list("abc")), 50 + X[:, 0], np.arange(n))


@pytest.fixture(scope="module")
def done():
    table = rows()
    return controlled(table, planned(table, 60, 3), flagger(table.task), treatments(), Plain(), seed=0)


def test_the_plan_is_the_same_each_time_and_can_be_sealed():
    small, large = planned(values(), 5, 3), planned(values(), 3600, 3)
    assert small == planned(values(), 5, 3)
    assert as_sealed(json.loads(json.dumps(plain(small)))) == small
    assert trainings(small, Task.REGRESSION) < trainings(large, Task.REGRESSION)


def test_too_few_rows_are_left_alone():
    assert planned(values(80), 600, 3) is None
    assert as_sealed(None) is None


def test_every_kind_is_said_in_both_languages(done):
    assert done["kinds"]
    for words in done["sentences"]:
        assert HAN.search(words["zh"])
        assert not HAN.search(words["en"])
    heads, lines = control_table(done, "zh")
    assert all(len(line) == len(heads) for line in lines)
    json.dumps(done)


def test_leaps_of_many_spreads_are_seen_in_a_quiet_table(done):
    leap = next(k for k in done["kinds"] if k["kind"] == "normal_leap")
    assert leap["limit"] is not None
    assert leap["strongest"]["mean"] > 0.8
    assert done["decoys"]["of"] == done["plan"]["clean"]
