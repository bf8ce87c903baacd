"""Known wordings, learnt: each is taken apart as a question is, then one judge is fitted for each language."""

from collections.abc import Iterable, Mapping, Sequence

from diapason.engines.grounding.likeness import Learnt, Wording, fitted
from diapason.engines.grounding.planning import heard
from diapason.engines.grounding.plans import Known

__all__ = ["learnt"]


def learnt(ways: Mapping[str, Iterable[tuple[str, str, str]]], known: Known) -> Learnt:
    """Judges fitted on known wordings.

    Args:
        ways: "en" and "zh" -> question, how it stands in the file, label.
        known: the names that stand in these questions.
    """
    return Learnt(*(fitted(_wordings(ways[language], known)) for language in ("en", "zh")))


def _wordings(ways: Iterable[tuple[str, str, str]], known: Known) -> Sequence[Wording]:
    taken = ((heard(question, known), said, label) for question, said, label in ways)
    return [Wording(said, h.rest, h.signs, label) for h, said, label in taken]
