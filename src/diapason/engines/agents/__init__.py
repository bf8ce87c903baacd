"""Agents without a device in sight: readings in, decisions and proposals out, for a whole fleet in one stroke."""

from diapason.engines.agents.believing import Known, believe
from diapason.engines.agents.crew import Crew, Decided
from diapason.engines.agents.ticks import Closed, Counts, Ticks

__all__ = ["Closed", "Counts", "Crew", "Decided", "Known", "Ticks", "believe"]
