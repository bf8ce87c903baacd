"""Which known wording a question is most like: a ridge over words, pairs of words and letters, fitted in one step."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["HELD", "Judged", "Learnt", "Likeness", "Wording", "family", "fitted", "pieces"]

HELD = "held"
"""The label of wordings that must be held back."""

_RIDGE = 0.3
_SIGNS = 1.0
"""What the signs of a wording (slots, words of the lists) weigh against its own words."""
_COMMON = 3
_FAMILIES = {
    "readings": ("statistic", "when", "beyond", "value_at", "change", "unit"),
    "dataset": ("rows", "tags", "span"),
    "states": ("states", "begins"),
}
_HAN = re.compile(r"[\u3400-\u9fff]")
_PIECES = re.compile(r"[a-z]+(?:'[a-z]+)?|[\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Wording:
    """One known way of asking, its names and times taken out."""

    said: str  # as it stands in the file, for people
    rest: str  # without names, times and bounds
    signs: frozenset[str]  # "slot:tag", "word:max"
    label: str  # "statistic/max", or HELD


@dataclass(frozen=True, slots=True)
class Judged:
    """What a question is like, among the labels that its slots allow."""

    label: str
    score: float  # about 1 where it is one of the known wordings, about 0 where nothing speaks for the label
    lead: float  # over the next label that is allowed
    doubt: float  # the score of being one of those that must be held back
    like: str  # the known wording of that label that is nearest


@dataclass(frozen=True, slots=True)
class Likeness:
    """A fitted judge of one language."""

    features: Mapping[str, int]
    weights: NDArray[np.float32]  # inverse document frequency of each feature
    rows: NDArray[np.float32]  # shape (wordings, features), of length 1 each
    dual: NDArray[np.float32]  # shape (wordings, labels)
    labels: tuple[str, ...]
    wordings: tuple[Wording, ...]
    asked: Mapping[str, frozenset[str]]  # label, or family of labels -> words, and pairs of Han signs, of its wordings

    def judge(self, rest: str, signs: Collection[str], allowed: Iterable[str]) -> Judged | None:
        """The label that fits best among those allowed; None where no wording of any of them is known.

        Args:
            rest: the question without names, times and bounds.
            signs: its slots, and the words of the lists that stand in it.
            allowed: labels that its slots allow.
        """
        if not _PIECES.search(rest.lower()) and "slot:at" not in signs:
            return None
        row = _row(_counted(rest, signs), self.features, self.weights)
        near = self.rows @ row
        scores = dict(zip(self.labels, (near @ self.dual).tolist(), strict=True))
        ranked = sorted(((scores[a], a) for a in set(allowed) if a in scores), reverse=True)
        if not ranked:
            return None
        score, label = ranked[0]
        own = [i for i, w in enumerate(self.wordings) if w.label == label]
        like = self.wordings[max(own, key=lambda i: float(near[i]))].said
        lead = score - ranked[1][0] if len(ranked) > 1 else score
        return Judged(label, score, lead, scores.get(HELD, 0.0), like)


@dataclass(frozen=True, slots=True)
class Learnt:
    """Judges of both languages."""

    en: Likeness
    zh: Likeness

    def words(self, rest: str, about: str) -> frozenset[str]:
        """Words and pairs of Han signs by which people ask for this label, or this family, or for whatever it is."""
        return (self.zh if _HAN.search(rest) else self.en).asked.get(about, frozenset())

    def judged(self, rest: str, signs: Collection[str], allowed: Iterable[str]) -> Judged | None:
        """The same as `Likeness.judge`; one Han sign makes a question Chinese."""
        return (self.zh if _HAN.search(rest) else self.en).judge(rest, signs, allowed)


def fitted(wordings: Sequence[Wording]) -> Likeness:
    """A judge learnt from known wordings of one language; the same wordings always give the same.

    >>> known = [Wording(s, s, frozenset(), s.split()[0]) for s in ("mean of", "mean value", "peak of", "peak value")]
    >>> fitted(known).judge("the peak please", (), ("mean", "peak")).label
    'peak'

    Source: regularised least squares on one-against-rest labels, solved in its dual; Rifkin & Klautau, JMLR 5 (2004).
    """
    counted = [_counted(w.rest, w.signs) for w in wordings]
    often: dict[str, int] = {}
    for tokens in counted:
        for token in tokens:
            often[token] = often.get(token, 0) + 1
    kept = sorted(t for t, n in often.items() if n > 1 or t[0] == "§")
    features = {t: i for i, t in enumerate(kept)}
    weights = np.array([1 + np.log(len(wordings) / often[t]) for t in kept], np.float32)
    rows = np.stack([_row(tokens, features, weights) for tokens in counted])
    labels = tuple(sorted({w.label for w in wordings}))
    wanted = np.array([[float(w.label == label) for label in labels] for w in wordings], np.float32)
    kernel = rows @ rows.T + _RIDGE * np.eye(len(wordings), dtype=np.float32)
    return Likeness(features, weights, rows, np.linalg.solve(kernel, wanted), labels, tuple(wordings), _asked(wordings))


def family(label: str) -> str:
    """What a label is about: readings, a dataset, states, or what is registered."""
    tool = label.partition("/")[0]
    return next((name for name, tools in _FAMILIES.items() if tool in tools), "registered")


def _asked(wordings: Iterable[Wording]) -> dict[str, frozenset[str]]:
    """Words of each label and family; a word of three families carries no demand, and belongs to all."""
    families: dict[str, set[str]] = {name: set() for name in (*_FAMILIES, "registered")}
    labels: dict[str, set[str]] = {}
    for w in wordings:
        if w.label != HELD:
            families[family(w.label)] |= pieces(w.rest)
            labels.setdefault(w.label, set()).update(pieces(w.rest))
    anywhere = {t for own in families.values() for t in own if sum(t in o for o in families.values()) >= _COMMON}
    return {name: frozenset(own | anywhere) for name, own in (families | labels).items()}


def pieces(rest: str) -> set[str]:
    """Words, and pairs of Han signs (one that stands alone by itself)."""
    found: set[str] = set()
    for piece in _PIECES.findall(rest.lower()):
        pairs = {piece[i : i + 2] for i in range(max(len(piece) - 1, 1))} if _HAN.match(piece) else {piece}
        found |= pairs
    return found


def _counted(rest: str, signs: Iterable[str]) -> dict[str, float]:
    """Features of a question with their weights: words and pairs, or one to three Han signs; letters; signs."""
    tokens = dict.fromkeys((f"§{s}" for s in signs), _SIGNS)
    words = []
    for piece in _PIECES.findall(rest.lower()):
        if _HAN.match(piece):
            tokens |= {piece[i : i + n]: 1.0 for n in (1, 2, 3) for i in range(len(piece) - n + 1)}
        else:
            words.append(piece)
            edged = f"<{piece}>"
            tokens |= {f"~{edged[i : i + 4]}": 0.5 for i in range(len(edged) - 3)}
    tokens |= dict.fromkeys(words, 1.0)
    return tokens | {f"{a} {b}": 1.0 for a, b in pairwise(words)}


def _row(tokens: Mapping[str, float], features: Mapping[str, int], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    row = np.zeros(len(features), np.float32)
    for token, weight in tokens.items():
        if (i := features.get(token)) is not None:
            row[i] = weight * weights[i]
    return row / max(float(np.linalg.norm(row)), 1e-9)
