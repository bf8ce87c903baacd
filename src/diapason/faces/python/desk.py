"""Verbs of who answers for data and money: effects, maturity, the catalogue, the order book, exchange."""

from pathlib import Path
from typing import Any

from diapason.faces.python.asking import Answer, Asking, story_of

__all__ = ["DeskVerbs"]


class DeskVerbs(Asking):
    """What it pays, where we stand, and the data officer's desk."""

    def effect(self, name: str, **asked: Any) -> Answer:
        """Measure what a change did: metric="energy", since="2026-05-01", covariates=("load", "weekday")."""
        return self._do("effect", name, story_of("effect", "Asked")(**asked))

    def cost(self, name: str = "", *, withdraw: int = 0, because: str = "", **options: Any) -> Answer:
        """Show costs; write one down with kind, amount and currency; or take one back.

        Args:
            withdraw: number of the entry to take back, with because.
        """
        if withdraw:
            return self._answer("effect", "withdraw_cost", withdraw, because=because)
        return self._answer("effect", "add_cost" if "kind" in options else "costs", name, **options)

    def payback(self, name: str, **options: Any) -> Answer:
        """Say when the newest effect has paid its costs: rate, years, price_per_hour, exchange=("EUR=7.8",)."""
        return self._answer("effect", "payback", name, **options)

    def appraise(self, model: str, *, item: str = "") -> Answer:
        """Where this workspace stands in a model of maturity: annex2, dcmm, dcmm-2018, cmmm, siri, or a file."""
        return self._do("appraise", model, item=item)

    def roadmap(self, *, model: str = "dcmm", sector: str = "", budget: float = 40.0) -> Answer:
        """Steps from where we stand by effect per day of work, dated, under a budget of days."""
        return self._answer("appraise", "roadmap", model=model, sector=sector, budget=budget)

    def declare(self, fact: str = "", value: str = "", **options: Any) -> Answer:
        """Declare what no machine can count, in the name of who acts; without a fact: what was declared.

        Args:
            fact: name of the fact, or of a clause.
            value: yes, no, a degree, a share or a number; "-" takes it back.
            options: evidence (a file), note, until (a day, ISO 8601); or sheet= or answers=, both files, with model=.
        """
        if "sheet" in options:
            return self._answer("declare", "to_sheet", options["sheet"], model=options.get("model", ""))
        if "answers" in options:
            return self._answer("declare", "from_sheet", options["answers"], model=options.get("model", ""))
        if not fact:
            return {"declared": self._call("declare", "listed")}
        return self._answer("declare", "declare", fact, value, **options)

    def catalogue(self, name: str = "", **options: Any) -> Answer:
        """Every dataset with who answers for it, origin and use: where=("grade=core",), missing=True, unused=True."""
        return self._answer("desk", "catalogue", name, **options)

    def search(self, words: str, *, most: int = 20) -> Answer:
        """Datasets found by names, columns, units and meanings, each with why."""
        return self._answer("desk", "search", words, most=most)

    def inbox(self) -> Answer:
        """What waits for who acts: to sign, with the exact thing and its digest; to do; soon to end."""
        return self._answer("desk", "inbox")

    def statement(self, month: str, *, to: str | Path = "", **options: Any) -> Answer:
        """What data brought and cost in a month such as 2026-11: currency, exchange, price_per_hour, language."""
        return self._answer("desk", "statement", month, to=Path(to) if to else None, **options)

    def offer(self, name: str, *, terms: str | Path = "", bind: str | Path = "", withdraw: bool = False) -> Answer:
        """Offer a dataset under terms=FILE (ODRL), hold it under bind=FILE, take the offer back, or show its terms."""
        if terms:
            agreed = self._call("ingest", "contract", name)
            return self._answer("exchange", "offer", name, Path(terms), agreed)
        if bind:
            return self._answer("exchange", "bind", name, Path(bind))
        return self._answer("exchange", "withdraw" if withdraw else "shown", name)

    def exchange(self, *, export: str | Path = "", take: str | Path = "", want: str = "", **options: Any) -> Answer:
        """Offers, requests and what fits; write (export) or read (take, signer=) a signed list, or ask for data (want).

        Args:
            options: for want: meanings, purposes, sector, rows, derive.
        """
        if export:
            return self._answer("exchange", "exported", Path(export))
        if take:
            return self._answer("exchange", "imported", Path(take), **options)
        return self._answer("exchange", "want", want, **options) if want else self._answer("exchange", "listed")
