"""Every kind of finding of the quality engine has its sentence, and nothing in a sentence is left open."""

import ast
from importlib.resources import files
from pathlib import Path

import pytest

import diapason.engines.quality as room
from diapason.engines.quality.report import KINDS
from diapason.knowledge.findings import FindingKind, kinds, sentence
from diapason.knowledge.loader import load
from diapason.vocabulary.findings import Finding, Where

FACTS: dict[str, float | str] = {
    "by": "a", "change": "× 10", "code": "-9999", "end": "high", "every": 60.0, "expected": 3.5, "flag": "f",
    "how": "case",
    "largest": 60.0, "length": 9, "lost": 3, "low": "0", "high": "100", "worst": 120.0, "right": "x", "step": 1.0,
    "target": "y", "value": 2.0, "values": 3, "wrong": "z", "amount": 0.5,
}  # fmt: skip


def _made() -> set[str]:
    """Kinds that stand in the source: first arguments of Finding, and texts that are kinds."""
    texts: set[str] = set()
    for file in Path(room.__file__).parent.glob("*.py"):
        if file.name != "report.py":
            tree = ast.parse(file.read_text(encoding="utf-8"))
            texts |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return texts & KINDS


def test_the_list_of_kinds_is_what_the_engine_makes() -> None:
    """No kind too many, and each has its entry."""
    assert _made() == KINDS
    assert set(kinds()) >= KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("part", ["title", "sentence", "advice"])
def test_a_finding_is_said_in_both_languages(kind: str, part: str) -> None:
    """Filled with facts, no question mark is left where a fact should be."""
    finding = Finding(kind, Where(("tag",), (1,), 5, 100, ("start", "end"), "M1"), 0.9, "look", FACTS)
    for language in ("en", "zh"):
        said = sentence(finding, language, part=part)  # type: ignore[arg-type]
        assert said
        assert "?" not in said
        assert "{" not in said


def test_a_kind_read_alone_is_as_in_its_file() -> None:
    """Of every file: the entry that is cut out says what the whole file says."""
    folder = Path(str(files("diapason.knowledge").joinpath("findings")))
    for file in folder.glob("*.yaml"):
        whole = load(f"findings/{file.name}", dict[str, FindingKind])
        for name, kind in whole.items():
            assert load(f"findings/{file.name}", dict[str, FindingKind], only=name) == {name: kind}
