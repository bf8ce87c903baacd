"""Data management capability maturity, GB/T 36073, in both editions."""

from functools import cache
from typing import Literal

from diapason.knowledge.loader import Both, Strict, Titled, load
from diapason.knowledge.sourced import Marked

__all__ = ["FILES", "Dcmm", "DcmmItem", "Domain", "Edition", "Evidence", "Level", "dcmm"]

Edition = Literal["2018", "2025"]

FILES: dict[Edition, str] = {"2018": "programme/dcmm_2018.yaml", "2025": "programme/dcmm_2025.yaml"}


class Domain(Marked, frozen=True, kw_only=True):
    """One domain; its code is the chapter in that edition."""

    code: str
    title: Both


class Level(Marked, frozen=True, kw_only=True):
    """One of the five levels and what an assessor looks for."""

    number: int
    title: Both
    looks_for: Both


class Evidence(Strict, frozen=True, kw_only=True):
    """What would prove an item: found by a program, computed as a ratio, or judged by a person. Always ours."""

    auto: Both
    metric: Both
    human: Both


class DcmmItem(Marked, frozen=True, kw_only=True):
    """One capability item; its code is the clause in that edition, the mark is for code and name.

    `carries` is the item of the other edition whose answer may be carried over, empty where a new answer is needed.
    """

    code: str
    domain: str
    title: Both
    carries: str = ""
    evidence: Evidence


class Dcmm(Titled, frozen=True, kw_only=True):
    """One edition; `ours` names the fields that are always our proposal."""

    ours: tuple[str, ...]
    edition: Edition
    standard: str
    carry_over: Both
    levels: tuple[Level, ...]
    domains: tuple[Domain, ...]
    items: tuple[DcmmItem, ...]


@cache
def dcmm(edition: Edition = "2025") -> Dcmm:
    """One edition of the model; 2025 replaced 2018 on 2026-07-01."""
    return load(FILES[edition], Dcmm)
