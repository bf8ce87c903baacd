"""Every cell of the grid names a set and a damage that exist and fit; what is counted as unseen is unseen."""

from collections import Counter
from hashlib import sha256

from benchmarks.damages import damage, kinds_for
from benchmarks.grid import FILE, cells, grid_id
from benchmarks.sets import SETS, load
from diapason.vocabulary.tasks import Task

FROZEN = {"resonance-grid-2": "d96adc21e9c50ed983a103c73643c4947a54ef493cb04e15e713480d362e7f40"}


def test_another_grid_has_another_name():
    assert FROZEN[grid_id()] == sha256(FILE.read_bytes()).hexdigest()


def test_the_quick_grid_is_balanced_and_mostly_unseen(data):
    quick = cells(quick=True)
    assert len(set(quick)) == 18
    tasks = Counter(SETS[c.set].task for c in quick)
    assert min(tasks[t] for t in (Task.REGRESSION, Task.CLASSIFICATION, Task.REMAINING_LIFE, Task.MONITORING)) >= 1
    assert len({c.damage for c in quick}) >= 14
    assert sum(c.checked for c in quick) >= 16
    for c in quick:
        train = load(c.set, c.seed).train
        assert c.damage in kinds_for(train)
        made = damage(train, c.damage, c.strength, c.seed)
        assert made.bad_rows.any() or any(m.any() for m in made.bad_cells.values())


def test_the_full_grid_meets_every_kind_and_only_sets_that_exist(data):
    full = cells(quick=False)
    assert len(set(full)) == len(full)
    assert {c.set for c in full} <= set(SETS)
    assert len({c.set for c in full if c.checked}) >= 20
    assert len({c.damage for c in full}) == 20
