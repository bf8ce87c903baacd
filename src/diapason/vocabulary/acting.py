"""Words of acting: how far an agent may go, what it proposes, what bounds it, and what was said to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Moment

__all__ = [
    "CARRIES",
    "Approval",
    "Autonomy",
    "Check",
    "Effect",
    "Envelope",
    "Interlock",
    "Manifest",
    "Permission",
    "Proposal",
    "Relation",
    "Right",
    "Shadow",
    "Verdict",
    "ceiling",
]


class Autonomy(IntEnum):
    """How far an agent may go on one tag of one asset; up only through a gate, down at once."""

    A0 = 0  # observes
    A1 = 1  # answers with evidence
    A2 = 2  # recommends, with expected effect and doubt
    A3 = 3  # acts after a person approved this very action
    A4 = 4  # acts inside a narrow approved envelope, a person looks on, undoable
    A5 = 5  # coordinates several agents under a fixed budget


class Right(StrEnum):
    """What a permission lets an agent do; a manifest with another word is refused."""

    READ = "read"
    PROPOSE = "propose"
    WRITE = "write"


CARRIES = {Right.READ: Autonomy.A1, Right.PROPOSE: Autonomy.A3, Right.WRITE: Autonomy.A5}
"""The highest level that a right can carry: what only reads can answer, what proposes acts when a person approves."""


class Relation(StrEnum):
    """How an interlock compares."""

    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    EQUAL = "=="


@dataclass(frozen=True, slots=True)
class Interlock:
    """A condition on fresh data that must hold before anything moves; what is not known does not hold."""

    tag: str
    relation: Relation
    value: float
    unit: str  # UCUM
    freshest: float = 10.0  # s; an older reading does not count
    low: float | None = None  # below this no working sensor reads
    high: float | None = None  # above this neither


@dataclass(frozen=True, slots=True)
class Envelope:
    """What may be done to one tag of one asset at most; the agent can't change it."""

    asset: str
    tag: str
    unit: str  # UCUM
    low: float  # absolute limits of the value
    high: float
    step: float  # largest change at once
    rate: float  # largest change within a minute
    dwell: float  # s between two writes
    daily: int  # writes in 24 hours
    kind: Kind = Kind.NUMBER
    interlocks: tuple[Interlock, ...] = ()
    modes: tuple[str, ...] = ("automatic",)  # modes of the asset in which it may be moved
    mode_tag: str = ""  # where the mode is read; "" = the workspace's own register of modes
    near: float = 0.0  # how close the read-back must be, in the unit; 0 = resolution of the tag
    fallback: float | None = None  # value of the simplex baseline; None = hold what is there
    settle: float = 5.0  # s within which a write must be seen in the read-back


@dataclass(frozen=True, slots=True)
class Permission:
    """One line of a manifest: this right, on this asset's tag, up to this level."""

    right: Right
    asset: str
    tag: str  # exact; no patterns where something may be written
    autonomy: Autonomy = Autonomy.A0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an agent is and may: signed by its owner, changed only by a new version."""

    name: str
    version: int
    keyid: str  # sha256 of its Ed25519 public key
    owner: str  # person who answers for it
    expires: str  # UTC, ISO 8601
    asset: str
    model: str  # "boiler@3"; "" = rules alone
    permissions: tuple[Permission, ...]
    envelopes: tuple[Envelope, ...] = ()
    grade: str = ""  # "basic", "advisory", "high-level"; "" = not qualified
    budget: Mapping[str, float] = field(default_factory=dict)  # {"proposals_per_day": 24}
    rules: tuple[Mapping[str, object], ...] = ()  # what it does without a model
    fallback: str = "hold"  # what happens when it fails: "hold" or "baseline"
    connection: str = ""  # name of the connection that it listens to; "" = none yet


def ceiling(manifest: Manifest | None, asset: str, tag: str) -> Autonomy | None:
    """The highest level that a manifest lets its agent have on exactly this tag; None where it may not even propose."""
    mine = [q for q in manifest.permissions if (q.asset, q.tag) == (asset, tag)] if manifest else []
    return max((min(q.autonomy, CARRIES[q.right]) for q in mine if q.right is not Right.READ), default=None)


@dataclass(frozen=True, slots=True)
class Effect:
    """What is expected of a write: this tag, between these values, after so long."""

    tag: str
    low: float
    high: float
    unit: str
    after: float  # s


@dataclass(frozen=True, slots=True)
class Proposal:
    """A wish to write, bound to exactly one change; its digest is what a person approves."""

    key: str  # idempotency: the same key is done at most once
    agent: str
    asset: str
    tag: str
    old: float  # what it found; another value at the time of writing refuses it
    new: float
    unit: str
    made: Moment
    expires: Moment
    why: Text = field(default_factory=lambda: Text("", ""))
    effect: Effect | None = None
    undoes: str = ""  # key of the write that this takes back


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's signature under the digest of one proposal."""

    proposal: str  # digest
    person: str
    keyid: str
    made: Moment
    expires: Moment
    signature: str  # base64


@dataclass(frozen=True, slots=True)
class Shadow:
    """What an agent would have done on one tag, counted beside those who did it: evidence for its next level."""

    agent: str
    asset: str
    tag: str
    binding: str  # digest of the model, manifest, tools and envelope that were tried
    decisions: int
    violations: int  # decisions that would have left the envelope
    since: Moment
    until: Moment
    against: str  # "operators", or the rule that it replaces
    difference: float  # of benefit: the agent's less theirs
    low: float  # its 95 % interval
    high: float
    margin: float  # how much worse would still be as good, in the same unit


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the gateway's list."""

    name: str
    passed: bool
    why: Text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gateway says: every check up to the first that fails, in order."""

    allowed: bool
    checks: tuple[Check, ...]

    @property
    def refused_by(self) -> str:
        """Name of the check that said no, "" if none."""
        return next((c.name for c in self.checks if not c.passed), "")
