"""Every cell of the grid names a set and a damage that exist and fit; what is counted as unseen is unseen."""

from collections import Counter
from hashlib import sha256

from benchmarks.damages import damage, kinds_for
from benchmarks.grid import FILE, cells, grid_id
from benchmarks.sets import SETS, load
from diapason.vocabulary.tasks import Task

FROZEN = {"resonance-grid-3": "ba88d038bfd3173c12197a6236ab28e3cec6c4d5846c8b8085c011ccf3ff996d"}


def test_another_grid_has_another_name():
    assert FROZEN[grid_id()] == sha256(FILE.read_bytes()).hexdigest()


def test_the_quick_grid_is_balanced_and_mostly_unseen(data):
    quick = cells(quick=True)
    assert len(set(quick)) == 15
    tasks = Counter(SETS[c.set].task for c in quick)
    assert min(tasks[t] for t in (Task.REGRESSION, Task.CLASSIFICATION, Task.REMAINING_LIFE, Task.MONITORING)) >= 1
    assert len({c.damage for c in quick}) >= 14
    assert sum(c.checked for c in quick) >= 14
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
