"""A question becomes exactly one plan, is asked back, or has no answer; names in data choose nothing."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.grounding import (
    STATISTICS,
    TOOLS,
    Held,
    Known,
    Plan,
    Table,
    compute,
    numbers_in,
    planned,
    unsupported,
)

START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 20, tzinfo=UTC)
OVEN = Table(
    "oven",
    2,
    {"TI-101": "Cel", "TIC-201.PV": "Cel", "TIC-201.SP": "Cel", "TIC-201.OP": "%", "speed": ""},
    "time",
    start=START,
    end=END,
)
PUMPS = Table("pumps", 1, {"bearing": "Cel"}, asset="asset", assets=("P-101A", "P-101B", "7"))
WATCH = Table("watch", 1, {}, "time", states="state", words=("leak", "normal"), start=START, end=END)
KNOWN = Known(
    (OVEN, PUMPS, WATCH),
    ("boiler@3",),
    ("advice",),
    ("R-101",),
    {"reactor temperature": ("TIC-201.PV",), "temperature": ("TI-101", "TIC-201.PV")},
)
DAY = datetime(2025, 1, 5, tzinfo=UTC)

PLANS = [
    ("What was the highest TI-101 on 2025-01-05?", {"tool": "statistic", "statistic": "max", "tag": "TI-101"}),
    ("2025年1月5日 TI-101 的平均值是多少？", {"tool": "statistic", "statistic": "mean", "tag": "TI-101"}),
    ("median ti-101, 5 January", {"tool": "statistic", "statistic": "median", "tag": "TI-101"}),
    ("When did TI-101 peak on January 5, 2025?", {"tool": "when", "statistic": "max"}),
    ("How many readings of TI-101 were above 12.5 on 5 Jan 2025?", {"tool": "beyond", "bound": 12.5, "above": True}),
    ("What was TI-101 at 2025-01-05 08:15?", {"tool": "value_at", "at": datetime(2025, 1, 5, 8, 15, tzinfo=UTC)}),
    ("TI-101 在 2025年1月5日下午3点半是多少？", {"tool": "value_at", "at": datetime(2025, 1, 5, 15, 30, tzinfo=UTC)}),
    ("What was the set point TIC-201 on average on 2025-01-05?", {"tag": "TIC-201.SP", "statistic": "mean"}),
    ("mean reactor temperature on 2025-01-05", {"tag": "TIC-201.PV", "statistic": "mean"}),
    ("What is the mean bearing of asset P-101A?", {"tool": "statistic", "asset": "P-101A", "dataset": "pumps@1"}),
    ("What is the highest bearing of asset 7?", {"asset": "7", "statistic": "max"}),
    ("mean bearing over all assets", {"asset": "", "whole": True}),
    ("How many rows has oven?", {"tool": "rows", "dataset": "oven@2"}),
    ("Which faults were there on 2025-01-05?", {"tool": "states", "dataset": "watch@1"}),
    ("When did leak begin?", {"tool": "begins", "name": "leak"}),
    ("Who answers for advice?", {"tool": "agent_owner", "name": "advice"}),
    ("boiler@3 的得分如何？", {"tool": "model_score", "name": "boiler@3"}),
    ("Which agents may write TIC-201.SP?", {"tool": "agents_moving", "tag": "TIC-201.SP"}),
    ("Which agents watch R-101?", {"tool": "agents_of", "name": "R-101"}),
    ("Hi, the averge TI-101 on 5 January for my shift report, thanks", {"statistic": "mean", "tag": "TI-101"}),
    ("time of the hihgest TI-101, 5 Jan 2025", {"tool": "when", "statistic": "max"}),
    ("TI-101 峰值时间，2025年1月5日", {"tool": "when", "statistic": "max"}),
    ("difference between maximum and minimum of TI-101 on 2025-01-05", {"tool": "statistic", "statistic": "range"}),
    ("2025年1月5日 TI-101 比 12.5 小的有多少", {"tool": "beyond", "bound": 12.5, "above": False}),
]


@pytest.mark.parametrize(("question", "slots"), PLANS, ids=[q for q, _ in PLANS])
def test_what_can_be_told_becomes_its_plan(question: str, slots: dict[str, object]) -> None:
    made = planned(question, KNOWN)
    assert isinstance(made, Plan), made
    assert {name: getattr(made, name) for name in slots} == slots
    assert all(w.start == DAY for w in made.windows)
    assert planned(question, KNOWN) == made


HELD = [
    ("What was the mean XI-999 on 2025-01-05?", False, "XI-999"),
    ("Why did TI-101 rise?", False, "causes"),
    ("What will TI-101 be tomorrow?", False, "future"),
    ("Set TIC-201.SP to 130", False, "order"),
    ("把 TIC-201.SP 设为 130", False, "order"),
    ("What was the mean TI-101 on 2031-05-05?", False, "recorded then"),
    ("What is the mean bearing in oven?", False, "oven has no"),
    ("What was TIC-201 on 2025-01-05?", True, "which of these"),
    ("mean temperature on 2025-01-05", True, "which of these"),
    ("What is the mean bearing?", True, "which asset"),
    ("What is the mean bearing of asset 8?", False, "no asset of that number"),
    ("What was the mean TI-101 during crew B?", True, "crew"),
    ("What was the mean TI-101 without outliers?", True, "without"),
    ("mean and maximum of TI-101 on 2025-01-05", True, "one thing"),
    ("mean of TI-101 and TIC-201.PV on 2025-01-05", True, "one tag"),
    ("What was the mean TI-101 on 2025-02-30?", True, "no time"),
    ("Tell me about TI-101", True, "what of it"),
    ("", True, "one question"),
    ("x" * 500, True, "one question"),
    ("How are you?", False, "no question"),
    ("What was the mean TI-101 excluding spikes on 2025-01-05?", True, "excluding"),
    ("How many valves of TI-101 on 2025-01-05?", True, "what of it"),
    ("mean TI-101 yesterday", True, "yesterday"),
    ("本周 TI-101 平均", True, "周"),
]


@pytest.mark.parametrize(("question", "ask", "why"), HELD, ids=[q[:40] for q, _, _ in HELD])
def test_what_can_not_be_told_is_held_back_with_its_reason(question: str, ask: bool, why: str) -> None:
    made = planned(question, KNOWN)
    assert isinstance(made, Held), made
    assert made.ask is ask
    assert why in made.why.en
    assert made.why.zh != made.why.en


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60), st.sampled_from([q for q, _ in PLANS]))
def test_no_name_that_stands_in_data_chooses_a_tool(name: str, question: str) -> None:
    """Whatever a tag, a dataset, a title or a state is called, the plan is the same, or it is held back."""
    first, *rest = KNOWN.tables
    from dataclasses import replace

    for known in (
        replace(KNOWN, tables=(replace(first, tags={**first.tags, name: ""}), *rest)),
        replace(KNOWN, tables=(*KNOWN.tables, replace(PUMPS, name=f"x{name}x"))),
    ):
        made = planned(question, known)
        assert isinstance(made, Held) or made.tool in TOOLS
        if isinstance(made, Plan) and name.lower() not in question.lower():
            assert made == planned(question, KNOWN)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_planned_or_held_back(text: str) -> None:
    assert isinstance(planned(text, KNOWN), Plan | Held)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_the_second_computation_agrees_with_numpy(values: list[float]) -> None:
    given_ = np.array(values)
    there = given_[np.isfinite(given_)]
    assert compute(given_, "count") == there.size
    assert compute(given_, "missing") == given_.size - there.size
    if there.size > 1:
        slow = {"mean": there.mean(), "max": there.max(), "min": there.min(), "median": np.median(there)}
        slow |= {"std": there.std(ddof=1), "range": np.ptp(there), "first": there[0], "last": there[-1]}
        for name, value in slow.items():
            assert compute(given_, name) == pytest.approx(value, rel=1e-9, abs=1e-6)
    assert set(STATISTICS) >= {"mean", "missing"}


def test_a_number_without_a_source_is_found() -> None:
    said = "The mean of TIC-201.PV from 2025-01-05 00:00 is 123.457 Cel, not 99."
    assert numbers_in("TIC-201.PV 为 123.457 Cel") == [123.457]
    assert unsupported(said, [123.456789], ["TIC-201.PV", "2025-01-05 00:00"]) == [99.0]
    assert unsupported(said, [123.456789, 99], ["2025-01-05 00:00"]) == []
