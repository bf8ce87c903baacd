"""A dataset: its versions, its columns and what each column is for."""

from dataclasses import dataclass
from enum import StrEnum

from diapason.errors import DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.policy import Policy

__all__ = ["ROW", "WORDED", "Column", "Contract", "Role", "VersionRef"]

WORDED = ".flag"
"""Ends the name of a column that holds what was written among the numbers of another."""
ROW = "_row"
"""Name of the hidden column that numbers source rows (int64), stable through every version of a dataset."""


class Role(StrEnum):
    """What a column is for."""

    FEATURE = "feature"
    TARGET = "target"
    ASSET = "asset"
    TIME = "time"
    BATCH = "batch"
    LEAK = "leak"  # known only after the target is: never an input
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class VersionRef:
    """A version of a dataset or of a model: `turbofan@2`; version 0 asks for the newest."""

    name: str
    version: int = 0

    def __str__(self) -> str:
        return f"{self.name}@{self.version}" if self.version else self.name

    @classmethod
    def parse(cls, text: str) -> "VersionRef":
        """Read `name` or `name@version`.

        >>> VersionRef.parse("turbofan@2").version
        2
        """
        name, at, version = text.partition("@")
        if not name or (at and not version.isdecimal()):
            raise DataError(
                Text(f"'{text}' is not a name or name@version", f"“{text}”不是名称，也不是 名称@版本"),
                fix=Text("write turbofan or turbofan@2", "请写成 turbofan 或 turbofan@2"),
            )
        return cls(name, int(version or 0))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how it is stored, what it is for, and why we think so."""

    name: str
    kind: str  # "number", "category", "text", "time", "flag"
    role: Role = Role.FEATURE
    unit: str = ""  # UCUM code, "" = not known
    why: str = ""
    sure: float = 1.0  # 0 a guess .. 1 said by a person
    low: float | None = None  # least value that is possible, in `unit`; None = not said
    high: float | None = None  # greatest value that is possible
    missing: float | None = None  # largest share of missing cells that is accepted, 0..1; None = not said
    values: tuple[str, ...] = ()  # the only texts that are possible; none = not said


@dataclass(frozen=True, slots=True)
class Contract:
    """What a person has agreed that a dataset is; kept as a file that a person can edit."""

    name: str
    columns: tuple[Column, ...]
    run_to_failure: bool = False  # each asset ends in failure: remaining life = last time - time
    derived: tuple[str, ...] = ()  # columns computed at ingest, not found in the files
    key: tuple[str, ...] = ()  # columns of which no two rows are the same
    relations: tuple[str, ...] = ()  # conditions between columns that hold in each row, in SQL: "t_out" >= "t_in"
    regime: str = ""  # column that says in which state the process is: running, idle, start-up
    policy: Policy | None = None  # what becomes of rows that break it; None = nobody has said

    @property
    def guarded(self) -> bool:
        """Whether there is anything that rows could break: a rule, or a policy that somebody wrote."""
        ruled = (c.values or any(rule is not None for rule in (c.low, c.high, c.missing)) for c in self.columns)
        return self.policy is not None or bool(self.key) or bool(self.relations) or any(ruled)

    def first(self, role: Role) -> str | None:
        """Name of the first column with that role, if any."""
        return next((c.name for c in self.columns if c.role is role), None)

    def names(self, role: Role) -> tuple[str, ...]:
        """Names of all columns with that role, in order."""
        return tuple(c.name for c in self.columns if c.role is role)

    def column(self, name: str) -> Column:
        """The column of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise DataError(
            Text(f"no column '{name}'", f"没有列“{name}”"),
            at=self.name,
            fix=Text("choose one of: ", "可选：") + ", ".join(c.name for c in self.columns),
        )
