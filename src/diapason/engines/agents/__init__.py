"""Agents without a device in sight: readings in, decisions and proposals out, for a whole fleet in one stroke."""

from diapason.engines.agents.advising import Advice, Aim, Movable, advise, aimed
from diapason.engines.agents.believing import Known, believe
from diapason.engines.agents.causes import Cause, ranked
from diapason.engines.agents.conditioning import Conditioner
from diapason.engines.agents.crew import Crew, Decided, Recent
from diapason.engines.agents.foresight import Forecast, Reach, foresee, reaches
from diapason.engines.agents.judging import Detection, Event, Run, detection, no_worse
from diapason.engines.agents.rules import Rule, RuleStream, Then, parsed, shape_of
from diapason.engines.agents.teams import Supervisor, Word
from diapason.engines.agents.ticks import Closed, Counts, Ticks
from diapason.engines.agents.trails import Trails

__all__ = [
    "Advice",
    "Aim",
    "Cause",
    "Closed",
    "Conditioner",
    "Counts",
    "Crew",
    "Decided",
    "Detection",
    "Event",
    "Forecast",
    "Known",
    "Movable",
    "Reach",
    "Recent",
    "Rule",
    "RuleStream",
    "Run",
    "Supervisor",
    "Then",
    "Ticks",
    "Trails",
    "Word",
    "advise",
    "aimed",
    "believe",
    "detection",
    "foresee",
    "no_worse",
    "parsed",
    "ranked",
    "reaches",
    "shape_of",
]
