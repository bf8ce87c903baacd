"""The rows of the supplier's page: every artefact that a rule asks for stands in one of twelve topics."""

from functools import cache

from diapason.knowledge.loader import load
from diapason.knowledge.sourced import Entry, Sourced

__all__ = ["FILE", "Topic", "TopicFile", "topics"]

FILE = "programme/topics.yaml"


class Topic(Entry, frozen=True, kw_only=True):
    """One row: the artefacts it holds, and the crosswalk rows whose clauses speak of it."""

    crossings: tuple[str, ...]
    artefacts: tuple[str, ...]


TopicFile = Sourced[Topic]


@cache
def topics() -> tuple[Topic, ...]:
    """All rows in the order of the page."""
    return load(FILE, TopicFile).entries
