"""What a question becomes: one plan with every slot named, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from diapason.vocabulary.language import Text

__all__ = ["STATISTICS", "TOOLS", "Held", "Known", "Plan", "Table", "Window"]

STATISTICS = ("mean", "max", "min", "median", "std", "range", "count", "first", "last", "missing")
"""What is told of the readings of a tag in a window."""

TOOLS = (
    *("statistic", "value_at", "when", "beyond", "change"),
    *("rows", "tags", "span", "unit"),
    *("states", "begins"),
    *("model_score", "model_task", "model_data", "model_standing"),
    *("agent_owner", "agent_until", "agent_rights", "agent_grade", "agent_model", "agents_of", "agents_moving"),
)
"""Everything that can be asked; nothing here writes anything."""


@dataclass(frozen=True, slots=True)
class Window:
    """From a moment to before another, UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Table:
    """A dataset as a question may name it."""

    name: str
    version: int
    tags: Mapping[str, str]  # columns with numbers -> UCUM unit, "" = not known
    time: str = ""  # its column of time
    asset: str = ""  # its column of assets
    assets: tuple[str, ...] = ()
    states: str = ""  # its column of states in words
    words: tuple[str, ...] = ()  # that stand in it
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that can be asked about, by name; names are compared, never obeyed."""

    tables: tuple[Table, ...] = ()
    models: tuple[str, ...] = ()  # "boiler@3"
    agents: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()  # that agents watch
    titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what people call it -> tags


@dataclass(frozen=True, slots=True)
class Plan:
    """Exactly what is to be computed."""

    tool: str
    dataset: str = ""  # "history@1"
    tag: str = ""
    asset: str = ""
    statistic: str = ""
    windows: tuple[Window, ...] = ()
    bound: float | None = None
    above: bool = True
    at: datetime | None = None
    name: str = ""  # of a model, an agent, an asset, a state
    whole: bool = False  # no window was named: the whole record
    like: str = ""  # the known wording by which it was understood; empty where every word was known
    aside: str = ""  # words that were taken for asides


@dataclass(frozen=True, slots=True)
class Held:
    """No plan: it is asked back, or nothing can be said."""

    ask: bool  # a person can settle it by answering
    why: Text
    choices: tuple[str, ...] = ()
