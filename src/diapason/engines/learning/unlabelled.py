"""What a monitor says where nobody has said what is true."""

import numpy as np

from diapason.engines.learning.evaluating import Judged
from diapason.engines.learning.metrics import ALARM
from diapason.vocabulary.examples import Examples
from diapason.vocabulary.findings import Finding, Where
from diapason.vocabulary.tasks import Task

__all__ = ["unlabelled_alarms"]

_NAMED = 1000


def unlabelled_alarms(examples: Examples, judged: Judged) -> tuple[Finding, ...]:
    """How many rows without a label would raise an alarm; nothing where every row has one.

    Args:
        examples: of a monitoring task; other tasks give nothing.
        judged: scores of rows that were not learnt from, 1 and more is an alarm.
    """
    if examples.task is not Task.MONITORING:
        return ()
    open_ = np.isnan(examples.target[judged.index])
    if not open_.any():
        return ()
    alarm = open_ & (np.asarray(judged.prediction) >= ALARM)
    rows = tuple(int(r) for r in examples.rows[judged.index[alarm]][:_NAMED])
    where = Where((), rows, int(alarm.sum()), int(open_.sum()))
    missing = not (examples.target[judged.index] == 1).any()
    kind = "alarms_without_labels" if missing else "alarms_unlabelled"
    return (Finding(kind, where, 1.0, "know"),)
