"""Knowledge files are refused when a field is unknown or a language is missing."""

import pytest

from diapason.errors import DataError, NotFound
from diapason.knowledge.findings import FindingKind, kinds, sentence
from diapason.knowledge.loader import check
from diapason.vocabulary.findings import Finding, Where

GOOD = {
    "title": {"en": "Stuck", "zh": "卡死"},
    "sentence": {"en": "{columns} stood still", "zh": "{columns} 卡死"},
    "advice": {"en": "look", "zh": "查看"},
    "source": "x",
    "checked": "2026-11-22",
}


@pytest.mark.parametrize(
    "spoil", [{"colour": "red"}, {"title": {"en": "Stuck"}}, {"source": None}, {"checked": "soon"}]
)
def test_a_kind_with_a_wrong_field_is_refused(spoil: dict[str, object]) -> None:
    """Unknown field, missing language, no source, no date."""
    check(GOOD, FindingKind, at="x.yaml")
    with pytest.raises(DataError, match=r"x\.yaml"):
        check(GOOD | spoil, FindingKind, at="x.yaml")


def test_every_kind_can_be_said_in_both_languages() -> None:
    """Templates are whole: no missing brace, no empty text."""
    for kind in kinds():
        finding = Finding(kind, Where(columns=("T",), count=3, of=10), sure=0.9)
        for language in ("en", "zh"):
            for part in ("title", "sentence", "advice"):
                assert sentence(finding, language, part=part).strip()


def test_an_unknown_kind_is_named() -> None:
    """The error says where sentences live."""
    with pytest.raises(NotFound, match=r"knowledge/findings"):
        sentence(Finding("no-such-kind", Where(), sure=1.0))
