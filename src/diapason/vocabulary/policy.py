"""What becomes of data that break their contract, as a person has said it beside the contract."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Act", "Answer", "Policy"]


class Act(StrEnum):
    """What becomes of data that break a rule."""

    REFUSE = "refuse"  # nothing of the delivery is stored
    QUARANTINE = "quarantine"  # the rows that break it are set aside, the others stored
    PASS = "pass"  # noqa: S105  # stored, and said


class Answer(StrEnum):
    """What becomes of faults, which show only over many rows and once these are in."""

    PASS = "pass"  # noqa: S105  # said
    ALARM = "alarm"  # said, and an incident is opened


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of a delivery, by what it breaks."""

    columns: Act = Act.REFUSE  # one is gone, or there is another; never quarantine
    kinds: Act = Act.REFUSE  # a column holds something else than before; never quarantine
    range: Act = Act.QUARANTINE
    values: Act = Act.QUARANTINE
    relations: Act = Act.QUARANTINE  # conditions between columns
    missing: Act = Act.REFUSE  # the share of missing cells
    clock: Answer = Answer.PASS
    faults: Answer = Answer.PASS  # stuck, spikes, saturation, keys that come twice

    def of(self, rule: str) -> Act:
        """What becomes of data that break a rule of the contract.

        >>> Policy().of("range").value
        'quarantine'
        """
        acts = {"range": self.range, "values": self.values, "relation": self.relations, "missing": self.missing}
        return acts[rule]
