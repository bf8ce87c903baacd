"""Rules strike when they should, hold with their dead band, and refuse what can't be."""

from typing import Any

import numpy as np
import pytest

from diapason.engines.agents.rules import RuleStream, parsed
from diapason.errors import DataError


def run(said: dict[str, Any], values: Any, *, step: float = 1.0) -> list[bool]:
    stream = RuleStream([[parsed(said, asset="m")]])
    x = np.array(values, float).reshape(len(values), -1)
    return [bool(stream.step(row[None], None, np.array([i * step]))[0] >= 1) for i, row in enumerate(x)]


@pytest.mark.parametrize(
    ("said", "values", "struck"),
    [
        ({"kind": "above", "tag": "t", "limit": 5, "clear": 3}, [1, 5, 4, 3, 2, 4, 6], "0111001"),
        ({"kind": "below", "tag": "t", "limit": 5, "clear": 7}, [9, 5, 6, 7.5, 6], "01100"),
        ({"kind": "above", "tag": "m/t", "limit": 5, "for": 2}, [6, 1, 6, 6, 6, 1], "000010"),
        ({"kind": "above", "tag": "t", "limit": 5}, [6, np.nan, 1], "110"),
        ({"kind": "held", "tag": "t", "after": 3}, [1, 2, 2, 2, 2, 2, 3], "0000110"),
        ({"kind": "stale", "tag": "t", "after": 2}, [1, 1, np.nan, np.nan, np.nan, 1], "000110"),
        ({"kind": "apart", "tag": "t", "twin": "u", "limit": 2}, [[1, 1], [5, 1], [5, 4]], "010"),
        ({"kind": "rate", "tag": "t", "limit": 0.5, "over": 5}, [0, 0, 0, 20, *[20] * 12], None),
    ],
    ids=lambda x: x.get("kind", "") if isinstance(x, dict) else "",
)
def test_a_rule_strikes(said: dict[str, Any], values: Any, struck: str | None) -> None:
    """The alarm of each row, as a person would draw it."""
    got = "".join(str(int(b)) for b in run(said, values))
    if struck is None:
        assert got.startswith("0001")
        assert got.endswith("0")
    else:
        assert got == struck


def test_each_agent_has_its_own_limits() -> None:
    """One stroke for all agents whose rules look alike."""
    stream = RuleStream([[parsed({"kind": "above", "tag": "t", "limit": v}, asset="")] for v in (1, 2, 3)])
    assert (stream.step(np.full((3, 1), 2.0)) >= 1).tolist() == [True, True, False]
    assert [len(stream.struck(i)) for i in range(3)] == [1, 1, 0]
    np.testing.assert_array_equal(stream.contributions(np.array([0, 2]))[:, 0] >= 1, [True, False])


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"kind": "over", "tag": "t", "limit": 1}, "no rule of kind"),
        ({"kind": "above", "tag": "t"}, "lacks 'limit'"),
        ({"kind": "above", "tag": "t", "limit": "5"}, "no number"),
        ({"kind": "above", "tag": "t", "limit": float("nan")}, "no number"),
        ({"kind": "above", "tag": "t", "limit": 5, "clear": 6}, "end before it begins"),
        ({"kind": "above", "tag": "t", "limit": 5, "then": {"tag": "s", "unit": "Cel"}}, "set or by"),
        ({"kind": "above", "tag": "t", "limit": 5, "colour": "red"}, "no field 'colour'"),
        ({"kind": "held", "tag": "t", "after": 0}, "above 0"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(said: dict[str, Any], word: str) -> None:
    """With what is wrong, where, and the fix."""
    with pytest.raises(DataError, match=word) as caught:
        parsed(said, asset="m", at="boiler-watch@1, rules[0]")
    assert caught.value.at == "boiler-watch@1, rules[0]"
    assert str(caught.value.fix)
