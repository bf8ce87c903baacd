"""What `diapason resonate` prints: the verdict, each trial with its intervals drawn, within 80 columns."""

from pathlib import Path

import pytest

from diapason.faces.cli.columns import width
from diapason.faces.cli.face import Face
from diapason.faces.cli.resonate import _tell


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["flow", "over placebo", "not adopted: A placebo", "remove_leak: No trial can prove this", "Run 2"]),
        ("zh", ["flow", "对比安慰剂", "未采纳", "需由人判断", "第 2 次试验"]),
    ],
)
def test_each_candidate_says_what_it_does_what_it_gained_and_why_it_ended_so(trials, capsys, language, words):
    """One scale for all, a reason for each, what was seen, what is spent, the next step."""
    done = trials["result"] | {"dataset": trials["dataset"]}
    _tell(Face(False, language, Path(), ""), done)
    said = capsys.readouterr().out
    for word in words:
        assert word in said
    assert said.count("|") >= 6
    assert "o" in said
    assert max(width(line) for line in said.splitlines()) <= 80
    assert "diapason adopt power" in said.splitlines()[-1]
