"""Verbs that show, prove and answer for what was done: reports, cards, evidence, compliance, the programme."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from diapason.faces.python.asking import Answer, Asking, story_of
from diapason.vocabulary.language import Language
from diapason.vocabulary.names import file_name

__all__ = ["ProofVerbs"]


class ProofVerbs(Asking):
    """Show and prove, what stands on what, what must be shown, what counts."""

    def report(self, name: str = "", *, to: str | Path = "", language: Language = "en") -> Answer:
        """Write one self-contained file, HTML or PDF/A: of a dataset, or without a name the enterprise on one page."""
        said = {"to": Path(to) if to else None, "language": language}
        return self._do("report", name, **said) if name else self._do("enterprise", **said)

    def card(self, name: str = "", *, to: str | Path = "", form: str = "", **options: Any) -> Answer:
        """Write a dataset as others read it (croissant, tc609, aas, dcat, openlineage, prov); no name: the catalogue.

        Args:
            options: data="csv"; window=, rows of a window of records.
        """
        return self._do("card", name, to=to, form=form, **options)

    def classify(self, name: str, *, sign: bool = False) -> Answer:
        """General, industry or expert (TC609-5-2025-03), with reasons; or what is missing to decide it."""
        return self._answer("card", "classify", name, sign=sign)

    def evidence(self, name: str = "", *, to: str | Path = "", **options: Any) -> Answer:
        """Write all evidence about a name into one signed file; every, data, models and facts add to it.

        Without a name: about everything, with pages to read (pdf=True: as PDF/A). `stays` says where data go that
        rules hold back.
        """
        if not name:
            return self._answer(
                "dossier", "export", Path(to or f"{file_name(self.workspace.name)}.evidence"), **options
            )
        return self._answer("evidence", "export", name, Path(to or f"{file_name(name)}.evidence"), **options)

    def anchor(self, to: str | Path = "") -> Answer:
        """Write down, signed, how long the ledger is and what its last hash is."""
        return self._answer("evidence", "anchor", Path(to or f"{self.workspace.ledger.head()[0]}.anchor"))

    def vouch(self, name: str, paper: str | Path, *, kind: str, **options: str) -> Answer:
        """Put a certificate, licence or contract under a dataset, model or person: until, replaces, note."""
        return self._answer("standing", "vouch", name, paper, kind=kind, **options)

    def recall(self, evidence: str, *, because: str, lift: bool = False) -> Answer:
        """Recall evidence, so that what stands on it falls; or take the recall back."""
        return self._answer("standing", "restored" if lift else "recall", evidence, because=because)

    def standing(self, evidence: str = "", *, days: int = 90) -> Answer:
        """What stands, what has fallen and why, what soon runs out; or one claim with what is below and above."""
        if evidence:
            return self._answer("standing", "look", evidence)
        return self._answer("standing", "overview", days=days)

    def comply(self, *, sheet: str | Path = "", answers: str | Path = "", **options: Any) -> Answer:
        """What must be shown in each regime: regimes=("cn", "eu"), role, days, to=FILE.html, language.

        Args:
            sheet: write the open questions into this file instead; takes regimes and role.
            answers: take in such a sheet first, each answer signed by who acts.
        """
        if sheet:
            return self._answer("comply", "ask", Path(sheet), **options)
        taken = {"stored": self._answer("comply", "answer", Path(answers))} if answers else {}
        if "to" in options:
            options["to"] = Path(options["to"])
        return self._answer("comply", "run", **options) | taken

    def incident(self, action: str = "show", number: str = "", **options: Any) -> Answer:
        """One step about an incident: open (what=…), note, show, close, export, drill or schema.

        Args:
            number: of the incident, for note, show, close and export.
            options: what, at, model, dataset, regimes, facts; step, text, clock; because; to.
        """
        return _INCIDENT[action](self, number, options)

    def map(self, measure: int = 0, *, item: int = 0, annex2: bool = False) -> Answer:
        """The 21 measures and safeguards, or the items of Annex 2: computed, asked, not tested, not for software."""
        items = annex2 or bool(item)
        return self._do("map", measure=item or measure, items=items)

    def count(
        self, *files: str | Path, why: str = "", into: str = "", by: Sequence[str] = (), **options: Any
    ) -> Answer:
        """Count this workspace and bundles of others; why=NAME explains, into=ADDRESS files; rules=, signers=."""
        if why:
            return self._answer("count", "explained", files, why, **options)
        if into:
            done = self._answer("count", "file", files, into, **options)
            return done | {"view": story_of("count", "view")(into, by=by)}
        return self._do("count", files, **options)


_INCIDENT: Mapping[str, Callable[[ProofVerbs, str, dict[str, Any]], Answer]] = {
    "open": lambda plant, _, said: plant._answer("incident", "open_", said.pop("what"), **said),
    "note": lambda plant, number, said: plant._answer("incident", "note", number, **said),
    "show": lambda plant, number, _: (
        plant._answer("incident", "view", number) if number else {"incidents": plant._call("incident", "listed")}
    ),
    "close": lambda plant, number, said: plant._answer("incident", "close", number, **said),
    "export": lambda plant, number, said: plant._answer("incident", "export", number, Path(said["to"])),
    "drill": lambda plant, _, said: plant._answer("incident", "drill", **said),
    "schema": lambda _, _number, _said: dict(story_of("incident", "schema")()),
}
