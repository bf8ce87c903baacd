"""The story of a question: names, plan, numbers computed twice, a sentence whose every number has a source."""

import math
from typing import Any

from diapason.engines.grounding import Held, Known, Plan, planned, unsupported
from diapason.errors import BrokenEvidence, DiapasonError
from diapason.ports.workspace import Workspace
from diapason.services.ask.computing import Answer, computed
from diapason.services.ask.knowing import known
from diapason.services.ask.registers import registered
from diapason.services.ask.telling import told
from diapason.services.ask.understanding import understood
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["answer", "run"]


def run(ws: Workspace, question: str) -> dict[str, Any]:
    """Answer a question, ask back, or say that nothing can be said; nothing is ever moved by it.

    Returns:
        state ("answered", "asks", "abstains"), said (en, zh), numbers (name, value, unit, at, source), words, plan,
        choices.
    """
    return answer(ws, question, known(ws))


def answer(ws: Workspace, question: str, names: Known) -> dict[str, Any]:
    """The same, where the names are known already."""
    made = planned(question, names, understood())
    if isinstance(made, Held):
        return _held(question, made)
    try:
        got = _carried(ws, made, names)
    except BrokenEvidence as error:
        return _held(question, Held(False, Text(*(error.said(lang)["what"] for lang in ("en", "zh")))), made)
    except DiapasonError as error:
        return _held(question, Held(False, Text(*(error.said(lang)["what"] for lang in ("en", "zh")))), made)
    if got.nothing is not None:
        return _held(question, Held(False, got.nothing), made)
    said = told(made, got)
    loose = [n for lang in ("en", "zh") for n in unsupported(said(lang), _values(got), _names(made, got))]
    if loose:
        return _held(question, Held(False, Text(f"{loose[0]:g} has no source", f"{loose[0]:g} 没有来源")), made)
    return {
        "question": question,
        "state": "answered",
        "said": {"en": said.en, "zh": said.zh},
        "numbers": [plain(n) for n in got.numbers],
        "words": list(got.words),
        "plan": plain(made),
        "choices": [],
    }


def _carried(ws: Workspace, plan: Plan, names: Known) -> Answer:
    if not plan.dataset:
        return registered(ws, plan)
    name = plan.dataset.partition("@")[0]
    return computed(ws, plan, next(t for t in names.tables if t.name == name))


def _values(got: Answer) -> list[float]:
    return [n.value for n in got.numbers if math.isfinite(n.value)]


def _names(plan: Plan, got: Answer) -> list[str]:
    """Parts of an answer that are no claims: what the question named itself, and names."""
    moments = [m.isoformat(sep=" ", timespec="minutes")[:16] for w in plan.windows for m in (w.start, w.end)]
    moments += [plan.at.isoformat(sep=" ", timespec="minutes")[:16]] if plan.at else []
    bound = [f"{plan.bound:g}"] if plan.bound is not None else []
    return [
        *moments,
        *bound,
        *got.words,
        *(n.name for n in got.numbers),
        *filter(None, (plan.dataset, plan.tag, plan.asset, plan.name)),
    ]


def _held(question: str, held: Held, plan: Plan | None = None) -> dict[str, Any]:
    return {
        "question": question,
        "state": "asks" if held.ask else "abstains",
        "said": {"en": held.why.en, "zh": held.why.zh},
        "numbers": [],
        "words": [],
        "plan": None if plan is None else plain(plan),
        "choices": list(held.choices),
    }
