"""One error tree: each error says what, where, and the fix.

DiapasonError
├── DataError        the data is not as it must be: mend the file, the contract or the option
│   └── Unsure       only a person can say: answer its questions and call again
├── NotFound         nothing has that name: choose one of those offered
├── Conflict         somebody else was faster, or the state does not allow it: look, then try again
├── Refused          a rule or a gate says no: fulfil what is missing
├── BrokenEvidence   bytes are not what was signed: do not trust them
├── Missing          a part that is not installed or not running: install or start it
└── Stopped          ended on request before it was done: call again to resume
"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, runtime_checkable

__all__ = [
    "Bilingual",
    "BrokenEvidence",
    "Conflict",
    "DataError",
    "DiapasonError",
    "Missing",
    "NotFound",
    "Refused",
    "Stopped",
    "Unsure",
]


@runtime_checkable
class Bilingual(Protocol):
    """A text in both languages."""

    @property
    def en(self) -> str:
        """English."""
        ...

    @property
    def zh(self) -> str:
        """Chinese."""
        ...


class DiapasonError(Exception):
    """What went wrong, where, and what to do about it; texts are plain or bilingual.

    >>> print(DataError("no rows", at="engines.csv", fix="export the table again"))
    no rows
      at:  engines.csv
      fix: export the table again
    """

    def __init__(self, what: "str | Bilingual", *, at: str = "", fix: "str | Bilingual" = "") -> None:
        super().__init__(what if isinstance(what, str) else what.en)
        self.what, self.at, self.fix = what, at, fix

    def said(self, language: Literal["en", "zh"] = "en") -> dict[str, str]:
        """The three parts in one language, for faces."""
        what, fix = (part if isinstance(part, str) else getattr(part, language) for part in (self.what, self.fix))
        return {"error": type(self).__name__, "what": what, "at": self.at, "fix": fix}

    def __str__(self) -> str:
        said = self.said()
        lines = [said["what"]]
        lines += [f"  at:  {said['at']}"] if said["at"] else []
        lines += [f"  fix: {said['fix']}"] if said["fix"] else []
        return "\n".join(lines)


class DataError(DiapasonError):
    """The data is not as it must be."""


class Unsure(DataError):
    """Only a person can say; `questions` holds what is asked, each a `vocabulary.questions.Question`."""

    def __init__(
        self,
        what: "str | Bilingual",
        *,
        at: str = "",
        fix: "str | Bilingual" = "",
        questions: Sequence[Any] = (),
    ) -> None:
        super().__init__(what, at=at, fix=fix)
        self.questions = tuple(questions)


class NotFound(DiapasonError):
    """Nothing has that name."""


class Conflict(DiapasonError):
    """The state does not allow it, or somebody else was faster."""


class Refused(DiapasonError):
    """A rule or a gate says no."""


class BrokenEvidence(DiapasonError):
    """Bytes are not what was signed."""


class Missing(DiapasonError):
    """A part is not installed or not running."""


class Stopped(DiapasonError):
    """Ended on request; what was done is kept."""
