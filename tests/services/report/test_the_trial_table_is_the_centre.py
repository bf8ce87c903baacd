"""Each candidate says what it does, what it gained over each arm, what it costs, and why it fell or was adopted."""

import copy
import re

import pytest

from diapason.engines.resonance.verdict import _WHY
from diapason.knowledge.findings import kinds
from diapason.ports import names
from diapason.services.page.content import Content, Runs, Section
from diapason.services.page.html import page
from diapason.services.report.audited import asked
from diapason.services.report.controls import controls, seen
from diapason.services.report.judged import judged, ruled
from diapason.services.report.recheck import cost
from diapason.services.report.tried import tried
from diapason.services.report.verdict import verdict
from diapason.services.resonate.repair_words import does, price

RUN = "resonate-0000000000-1"


def runs(facts, **changed):
    made = copy.deepcopy(facts)
    made["result"] |= changed
    return Runs("power", {"resonate": made})


def sections(found, language):
    made = [f(found, language) for f in (tried, ruled, controls, asked, judged, cost)]
    return tuple(s for s in made if s)


def test_every_reason_that_the_engine_gives_has_a_sentence():
    """Also those that are rare: a page never breaks on how a trial ended."""
    assert {f"trial_{reason}" for reason in _WHY} <= set(kinds())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_treatment_says_what_it_does_and_what_it_takes(language):
    """In plain words of both languages; only those of others are called by name."""
    for name in names("treatments"):
        candidate = {"id": name, "treatment": name, "kind": "curation", "parameters": {"doubt": 0.5}}
        said = does(candidate)(language)
        assert not said.startswith(("the plug-in", "插件")), name
        assert price(candidate, 10)(language), name
    assert "their_own" in does({"id": "x", "treatment": "their_own", "kind": "curation", "parameters": {}})(language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_confirmed_candidate_shows_all_arms_and_each_figure_opens_its_run(trials, language):
    """Three arms, the repair alone, each member of a bundle, the guardrail; on one scale; adopted first."""
    table = tried(runs(trials), language)
    bundle, drop = table.blocks.made
    assert "yes" in bundle.state.kind
    assert len(drop.lines) == 5
    assert len(bundle.lines) == 7
    assert all(line.cell.run == RUN for block in table.blocks.made for line in block.lines)
    assert all("<svg" in line.strip for block in table.blocks.made for line in block.lines)
    said = " ".join([bundle.title, *bundle.facts, *(t for note in bundle.notes for t in note)])
    for word in {
        "en": ["flow", "280", "on the line", "model without it", "watch"],
        "zh": ["flow", "280", "产线", "留意"],
    }[language]:
        assert word in said


def test_a_candidate_that_was_not_tested_is_no_zero(trials):
    """A dotted box; and what only a person can say, says so."""
    table = tried(runs(trials), "en")
    assert len(table.rows) == 4
    told = {row[0].more.split(" · ")[0]: row for row in table.rows}
    assert told["deduplicate"][2].kind == "untested"
    assert told["relabel-0.5"][2].text.startswith("−3.0 (")
    assert told["remove_leak"][3].text == "a person decides"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_on_which_nothing_was_tried_opens_with_what_would_have_been_seen(trials, language):
    """The verdict, what was ruled out, and the limit of detection; no chart of trials that never were."""
    found = runs(trials, rows=[], adopted=[], power=None, audit=[])
    opening = seen(found, language)
    assert opening.made[0].lines[0].cell.run == RUN
    assert trials["result"]["ruled_out"][language] in verdict(found, language)[1]
    assert tried(found, language).blocks is None
    assert ruled(found, language) is None
    assert asked(found, language) is None
    assert seen(runs(trials), language) is None


def test_the_account_says_which_run_it_is_and_what_is_spent(trials):
    """With the reason, in words."""
    said = {row[0].text: row[1].text for row in judged(runs(trials), "en").rows}
    assert said["account of this version"].startswith("2nd run of trials")
    assert "1.7 %" in said["account of this version"]
    assert "60 s were asked for" in said["budget"]
    assert said["seed"] == "7"


def test_chinese_pages_are_chinese(trials):
    """No English sentence: beside names, ids and measures no two English words follow each other."""
    found = runs(trials)
    content = Content("t", (), *verdict(found, "zh"), None, sections(found, "zh"))
    text = re.sub("<style.*?</style>|<head>.*?</head>|<pre>.*?</pre>", " ", page(content, "zh"), flags=re.DOTALL)
    words = re.sub("<[^>]+>", " | ", text)
    english = re.findall(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", words)
    assert not english


def test_a_figure_keeps_two_digits_of_its_doubt(trials):
    """`+0.7 (−0.2 … 1.6) %`: no digits that the interval makes meaningless, the unit beside."""
    drop: Section = tried(runs(trials), "en")
    cell = drop.blocks.made[1].lines[2].cell
    assert cell.text == "+0.70 (−0.20 … 1.60)"
    assert cell.unit == "%"
