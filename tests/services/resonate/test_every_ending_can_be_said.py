"""However a trial ends, there are words for it, and a line on the page."""

from pathlib import Path

import pytest

from diapason.engines.resonance.verdict import _WHY
from diapason.services.resonate import reason

PAGE = Path(__file__).parents[3] / "docs" / "resonance.md"


@pytest.mark.parametrize("name", sorted(_WHY))
def test_every_reason_has_a_sentence_in_both_languages(name: str) -> None:
    """The answer of `resonate` and the report print it."""
    said = reason({"reason": f"trial_{name}"})
    assert said.en
    assert said.zh
    assert said.en != said.zh


@pytest.mark.parametrize("name", sorted(set(_WHY) - {"adopted"}))
def test_the_page_says_what_each_refusal_means(name: str) -> None:
    """In the table of refusals."""
    assert f"\n| `{name}` | " in PAGE.read_text(encoding="utf-8")
