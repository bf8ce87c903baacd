"""Every kind of finding that a join makes has its sentence in both languages, and none is there for nothing."""

import ast
from pathlib import Path

import pytest

import diapason.services.join as room
from diapason.knowledge.findings import FindingKind, sentence
from diapason.knowledge.loader import load
from diapason.vocabulary.findings import Finding, Where

SAID = load("findings/alignment.yaml", dict[str, FindingKind])
FACTS: dict[str, float | str] = {
    "used": 3, "unused": 4, "tolerance": "6 h", "way": "case", "way_zh": "大小写", "here": "a", "there": "A",
    "beside": "speed", "rows": -1, "hours": 1, "merged": 1, "split": 2, "least": "90%", "first": "C1", "table": "tags",
    "records": 9, "tags": 2, "every": "1 min", "ticks": 7, "rules": "hold × 2", "result": "purity", "lag": "35 min",
    "low": "34 min", "high": "36 min", "n": 240, "share_of": "60%", "through": "flow", "told": "flow 35 min",
    "clock": "lab", "offset": "7 min", "by": "flow", "drift": 1.5, "jumps": 1,
}  # fmt: skip


def _texts() -> set[str]:
    """Every text in the room's source; `lag_` and a reason make the kinds of lags that are not known."""
    texts: set[str] = set()
    for file in Path(room.__file__).parent.glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        texts |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    reasons = {f"lag_{why}" for why in ("few", "constant", "unrelated", "one_event", "edge", "flat")}
    return texts | reasons


def test_no_sentence_is_there_for_nothing() -> None:
    """Each kind of the file is made by the service."""
    assert set(SAID) <= _texts()


@pytest.mark.parametrize("kind", sorted(SAID))
@pytest.mark.parametrize("part", ["title", "sentence", "advice"])
def test_a_finding_of_a_join_is_said_in_both_languages(kind: str, part: str) -> None:
    """Filled with facts, nothing is left open."""
    finding = Finding(kind, Where(("tag",), (1,), 5, 100, ("start", "end")), 0.9, "look", FACTS)
    for language in ("en", "zh"):
        said = sentence(finding, language, part=part)  # type: ignore[arg-type]
        assert said
        assert not any(sign in said for sign in "?{}")
    assert any("\u4e00" <= sign <= "\u9fff" for sign in sentence(finding, "zh", part=part))
