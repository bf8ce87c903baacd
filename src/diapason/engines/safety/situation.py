"""All that the gateway's list may look at, gathered before it is asked; what is not known says no by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from diapason.vocabulary.acting import Approval, Autonomy, Effect, Envelope, Manifest
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment, Seen

__all__ = ["Done", "Look", "Seal", "Situation"]


@dataclass(frozen=True, slots=True)
class Look:
    """One reading, as the list sees it."""

    value: float
    unit: str  # UCUM; "" = the source does not say
    at: Moment  # by the source's clock
    received: Moment  # by ours
    trust: Seen = Seen.GOOD


@dataclass(frozen=True, slots=True)
class Done:
    """One write to the tag, of whomever."""

    key: str
    agent: str
    at: Moment
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Seal:
    """What was found of the signature under an approval."""

    genuine: bool  # it verifies with the key that the ledger names for the person
    may: bool  # the person has a role that approves, today
    apart: bool  # the person neither runs the agent's process nor answers for the agent


@dataclass(frozen=True, slots=True)
class Situation:
    """The moment of a decision; everything here was read, checked for its signature, or is absent."""

    now: Moment
    digest: str  # of the proposal
    manifest: Manifest | None = None  # registered, signed by its owner, not retired
    signer: str = ""  # id of the key whose signature under the proposal verifies
    level: Autonomy = Autonomy.A0  # for this agent, asset and tag
    envelope: Envelope | None = None  # signed by a safety officer, as it lies in the workspace
    no_envelope: Text = field(default_factory=lambda: Text("no envelope binds this tag", "该位号没有安全包络"))
    readings: Mapping[str, Look] = field(default_factory=dict)  # by tag
    mode: str = ""
    recent: tuple[Done, ...] = ()  # writes to this tag within 24 h, oldest first
    asked_today: int = 0  # proposals of this agent today, this one included
    written: tuple[Moment, ...] | None = (
        None  # this agent's writes within 24 h on all tags, oldest first; None = unknown
    )
    holder: str = ""  # agent that holds the tag
    busy: str = ""  # key of an action on this tag that is not finished
    forecast: tuple[Effect, ...] | None = None  # by the twin; None = there is no twin
    bounds: Mapping[str, Envelope] = field(default_factory=dict)  # envelopes of the asset's other tags
    approval: Approval | None = None
    seal: Seal | None = None
    known_as: str = ""  # digest under which the key was proposed before
    begun: bool = False  # the key was begun to be written before
    undone: Done | None = None  # the write that the proposal takes back
    watched: bool = False  # a watch is alive and reaches the asset: it looks after what is written
    stops: tuple[str, ...] = ("unknown",)  # stop files in force
