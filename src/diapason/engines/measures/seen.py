"""What is known of one dataset version, gathered from the pass, the contract and the ledger, as plain facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diapason.engines.measures.coverage import Covered
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Text

__all__ = [
    "Assessed", "Audited", "Clock", "ColumnSeen", "Compared", "Fault", "Fit", "Guarded", "Keyed", "Reach", "Seen",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """One column as the pass and the contract tell it; None = not counted, or not said."""

    name: str
    kind: str  # of the contract: "number", "category", "text", "time", "flag"
    role: str
    unit: str
    why: str
    rows: int
    missing: int | None = None
    infinite: int = 0
    outside: int | None = None  # of the contract's range
    impossible: int | None = None  # texts that the contract does not list
    accepted: float | None = None  # largest share of missing cells, of the contract
    distinct: float | None = None
    constant: bool = False
    ranged: bool = False
    listed: bool = False
    resolution: float | None = None  # step found in the values
    required: float | None = None  # step that is asked for
    calibrated: bool = False  # a calibration is declared that holds today


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding: cells or rows concerned among those looked at."""

    kind: str
    count: int
    sure: float
    columns: tuple[str, ...] = ()
    of: int = 0


@dataclass(frozen=True, slots=True)
class Assessed:
    """What `assess` has signed of this version, or the faults that the pass found."""

    run: str  # ground of it
    faults: tuple[Fault, ...]
    rows: int
    columns: int
    full: bool  # all that assess looks for; else only what one pass tells


@dataclass(frozen=True, slots=True)
class Clock:
    """Steps from reading to reading."""

    steps: int
    near: int  # within a tenth of the usual step
    backwards: int
    repeated: int
    unknown: int  # rows without a time
    lost: float  # readings that gaps have swallowed
    usual: float = 0.0  # step, in seconds or counts
    offset: str = ""  # ground of a run that measured the offset between two clocks
    off: float | None = None  # the offset that was left, in usual steps
    sources: int = 1


@dataclass(frozen=True, slots=True)
class Audited:
    """Rows that people have looked at."""

    runs: tuple[str, ...]
    right: tuple[bool, ...]
    chance: tuple[float, ...]
    size: int  # rows among which the newest sheet was drawn
    before: tuple[int, int] = (0, 0)  # right, and looked at, on sheets before; those rows were not drawn again


@dataclass(frozen=True, slots=True)
class Reach:
    """The learning curve: the metric now and with four times as many rows."""

    run: str
    metric: str
    better: str
    now: float
    far: Estimate


@dataclass(frozen=True, slots=True)
class Fit:
    """One model or judged learner against what is wanted of it."""

    run: str
    task: str
    model: str
    metric: str
    better: str
    score: Estimate
    wanted: float | None = None
    by: str = ""  # who or what says what is wanted
    fallen: Text | None = None


@dataclass(frozen=True, slots=True)
class Keyed:
    """Rows by the key that the contract names."""

    columns: tuple[str, ...]
    rows: int
    missing: int  # rows of which a part of the key is missing
    repeated: tuple[float, float, float]  # rows that repeat a key met before: value, limits of 95 %
    exact: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """Columns of numbers against a reference, under like conditions; what can't be told is in none of the two."""

    reference: str  # ground of it: "dataset:furnace@1"
    drifted: tuple[str, ...] = ()
    steady: tuple[str, ...] = ()
    why: Text | None = None  # nothing could be compared


@dataclass(frozen=True, slots=True)
class Guarded:
    """What was judged by the contract as it came in, and how soon what broke was put right."""

    runs: tuple[str, ...]  # grounds of the streams whose waits were measured
    waits: tuple[tuple[float, int], ...]  # rows that waited so many seconds at most, from being read to being stored
    stored: int  # of those rows, how many are in this version
    refused: int = 0  # rows of streams that were refused
    hours: float = 0.0  # since the first delivery that was judged
    down: float = 0.0  # of these, hours in which a break that refuses rows was not put right yet
    repairs: tuple[float, ...] = ()  # hours from each break to its end
    open: int = 0  # breaks that are not put right yet
    on: tuple[str, ...] = ()  # grounds of deliveries and incidents


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that a measure may look at."""

    dataset: str
    ground: str  # "dataset:furnace@1"
    rows: int
    columns: tuple[ColumnSeen, ...]
    complete: int = 0  # rows with every required cell
    target: str = ""
    task: str = "TASK"  # that it is likely for
    labelled: int = 0
    labels: Mapping[str, int] | None = None  # how many rows each class has; None = not classes, or too many
    least: int = 0  # rows that a class must have at least; 0 = not said
    time: str = ""
    calendar: bool = False
    span: tuple[str, str] = ("", "")
    window_days: float | None = None
    current: int | None = None  # rows inside of that window
    clock: Clock | None = None
    assessed: Assessed | None = None
    rejected: int = 0
    brought: Mapping[str, Any] = field(default_factory=dict)  # of ingest: runs, sources, traced, simulated
    papers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind -> grounds that stand
    lost_papers: tuple[str, ...] = ()  # kinds whose papers have all fallen
    answers: Mapping[str, tuple[Any, str]] = field(default_factory=dict)  # legal facts: value, ground
    done: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # verb -> runs on the dataset
    owners: tuple[str, ...] = ()  # grounds of persons who brought it in and have a role
    space: Covered | None = None
    space_by: str = ""  # "needs" or "contract"
    audited: Audited | None = None
    personal: int | None = None  # rows with a text that identifies a person
    reach: Reach | None = None
    fits: tuple[Fit, ...] = ()
    spectrum: Sequence[float] = ()  # eigenvalues of the correlations of the numbers, largest first
    sampled: int = 0  # rows they were computed from
    kind: str = ""  # declared class of the dataset: "expert", "industry", "general"
    scene: str = ""
    linked: int = 0  # rows whose version stands under a signed run
    keys: Keyed | None = None  # the contract names none
    compared: Compared | None = None  # nobody has held it against a reference
    guarded: Guarded | None = None  # no delivery was judged
    latency: float | None = None  # seconds within which a row is to be stored

    @property
    def features(self) -> tuple[ColumnSeen, ...]:
        """Columns that a model may see."""
        return tuple(c for c in self.columns if c.role == "feature")

    @property
    def used(self) -> tuple[ColumnSeen, ...]:
        """Columns that are not set aside."""
        return tuple(c for c in self.columns if c.role != "ignored")

    @property
    def numbers(self) -> tuple[ColumnSeen, ...]:
        """Columns of measured numbers: inputs and target."""
        return tuple(c for c in self.columns if c.kind == "number" and c.role in ("feature", "target", "leak"))

    @property
    def name(self) -> str:
        """The dataset without its version."""
        return self.dataset.partition("@")[0]
