"""Verbs that bring data in, look at them, and say what they must be."""

from pathlib import Path
from typing import Any

from diapason.faces.python.asking import Answer, Asking

__all__ = ["DataVerbs"]


class DataVerbs(Asking):
    """Bring data in, describe them, guard them, score them."""

    def ingest(self, source: str, *, name: str, **options: Any) -> Answer:
        """Read files into a new version of a dataset; its contract's policy is obeyed."""
        return self._answer("guard", "bring", source, name=name, **options)

    def join(self, left: str, other: str, **options: Any) -> Answer:
        """Join another table to a dataset: by key, as-of, or by genealogy."""
        return self._do("join", left, other, **options)

    def datasets(self, name: str = "", other: str = "") -> Answer:
        """All datasets, the versions of one, or what differs between two versions."""
        if name and other:
            return self._answer("workspace", "difference", name, other)
        found = self._call("workspace", "versions", name) if name else self._call("workspace", "datasets")
        return {"datasets": found}

    def scan(self, name: str, *, against: str = "") -> Answer:
        """Look at a dataset in one pass, only at what is new since the last; `against` another version, for drift."""
        return self._answer("scan.datasets", "run", name, against=against)

    def describe(self, name: str, *, evidence: str | Path = "", until: str = "", **said: str) -> Answer:
        """What people say of a dataset: title, licence, owner, …; words by key add to it, "-" takes one back."""
        return self._do("describe", name, said, evidence=evidence, until=until)

    def contract(self, name: str, **options: Any) -> Answer:
        """What a dataset must be: proposed=True, take=FILE of others' rules, to=FILE for ODCS."""
        return self._answer("contract", "run", name, **options)

    def guard(self, name: str, source: str | Path = "", **options: Any) -> Answer:
        """Policy, verdicts, incidents and quarantine of a dataset; or judge a stream: "-" with pipe=, or a file.

        Args:
            source: with follow=True the file grows; stop= is asked, tell= is told each verdict, pace= says how often.
        """
        return (
            self._answer("guard", "run", name, str(source), **options)
            if source
            else self._answer("guard", "view", name)
        )

    def quarantine(self, name: str, *, release: str = "", drop: str = "", because: str = "", most: int = 20) -> Answer:
        """Rows set aside; release or drop some ("3,7-9" or "all"), with a reason, in the name of who acts."""
        if release or drop:
            return self._answer(
                "guard", "decide", name, "release" if release else "drop", release or drop, because=because
            )
        return self._answer("guard", "quarantine", name, most=most)

    def assess(self, name: str, **options: Any) -> Answer:
        """Find what is wrong with a dataset."""
        return self._do("assess", name, **options)

    def score(self, name: str, *, to: str | Path = "", needs: str | Path = "", target: str = "") -> Answer:
        """Score a dataset in official words; to=FILE writes a proposal of its needs, needs=FILE takes one in."""
        if to:
            return self._answer("score", "draft", name, Path(to))
        return self._do("score", name, target=target, needs=Path(needs) if needs else None)
