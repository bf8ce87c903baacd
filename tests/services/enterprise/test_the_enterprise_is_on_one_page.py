"""The page says what the ledger shows now, opens its runs, and changes when evidence falls."""

import re
from dataclasses import replace

import pytest

from diapason.services import appraise, count, enterprise, standing


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_figure_opens_a_run_that_is_on_the_page(ws, tmp_path, language):
    appraise.run(ws, "annex2")
    count.run(ws)
    page = tmp_path / "page.html"
    done = enterprise.run(ws, to=page, language=language)
    text = page.read_text(encoding="utf-8")
    assert done["verdict"] in text
    links = set(re.findall(r'href="#(run-[^"]+)"', text))
    assert len(links) >= 5
    assert links <= set(re.findall(r'id="(run-[^"]+)"', text))
    assert ("21 项举措" if language == "zh" else "The 21 measures") in text


def test_what_was_never_done_is_not_tested_and_names_the_command(ws, tmp_path):
    enterprise.run(ws, to=tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    for command in ("diapason appraise annex2", "diapason count", "diapason effect", "diapason comply"):
        assert command in text
    assert "not tested" in text


def test_recalled_evidence_shows_at_once(ws, tmp_path):
    before = enterprise.run(ws, to=tmp_path / "a.html")["verdict"]
    assert "no claims have fallen" in before
    standing.recall(replace(ws, person="li"), "dataset:furnace@1", because="wrong sensor")
    after = enterprise.run(ws, to=tmp_path / "b.html")["verdict"]
    assert "claims have fallen" in after
    assert int(after.split(" of 21")[0]) < int(before.split(" of 21")[0])
    assert "dataset:furnace@1" in (tmp_path / "b.html").read_text(encoding="utf-8")


def test_it_can_be_printed(ws, tmp_path):
    done = enterprise.run(ws, to=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    assert done["file"].endswith("page.pdf")
