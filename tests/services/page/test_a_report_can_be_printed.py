"""The report as PDF/A: readable text in both languages, fonts inside, and an honest word where a part is missing."""

import re
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from diapason.errors import Missing
from diapason.services.page.content import Cell, Content, Figure, Section
from diapason.services.page.printed import HAN, printed

AT = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
SVG = '<svg class="chart" viewBox="0 0 100 20"><rect x="1" y="1" width="50" height="9" class="ours"/></svg>'
TRICKY = r'50 % of #rows_in [A*B] cost $3 \ "quoted" <x@y> ~ `code` - + = / 1. end'


def content(words="Nothing was adopted."):
    cells = ((Cell("rmse"), Cell("1.43 (1.17 … 1.64)", "%", kind="n")), (Cell("not tested", kind="untested"), Cell("")))
    table = Section(
        "t", TRICKY, TRICKY, (Figure(SVG, TRICKY),), heads=("a", "b"), rows=cells, note=TRICKY, code="x = [1]"
    )
    run = {"run": "learn-1", "verb": "learn", "dataset": "furnace@1", "at": "2026-11-29", "text": "{}"}
    return Content("furnace", ("plant", "furnace@1"), words, TRICKY, None, (table,), (run,))


def streams(pdf):
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(found[1])
        except zlib.error:
            yield found[1]


def test_it_says_that_it_is_pdf_a_2b_and_brings_its_fonts():
    pdf = printed(content(), "en", AT)
    whole = b"".join(streams(pdf)) + pdf
    assert pdf.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part>" in whole
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in whole
    assert b"/FontFile" in whole


def test_the_same_content_gives_the_same_file():
    assert printed(content(), "en", AT) == printed(content(), "en", AT)
    assert printed(content(), "en", AT) != printed(content("Two repairs were adopted."), "en", AT)


@pytest.mark.parametrize(("language", "words"), [("en", "Nothing was adopted."), ("zh", "未采纳任何修复。")])
def test_words_can_be_read_again_whatever_signs_they_hold(language, words):
    """By the map of glyphs to signs in the file; on a machine without Chinese fonts it says how to get one."""
    import typst

    if language == "zh" and not set(HAN) & set(typst.Fonts().families()):
        with pytest.raises(Missing, match="Chinese"):
            printed(content(words), language, AT)
        return
    pdf = printed(content(words), language, AT)
    maps = b"".join(s for s in streams(pdf) if b"beginbfchar" in s or b"beginbfrange" in s).lower()
    assert all(f"{ord(sign):04x}".encode() in maps for sign in words if not sign.isspace())
    assert all(f"{ord(sign):04x}".encode() in maps for sign in "#$[]*_@~`\\%")


def test_what_is_missing_is_said_with_the_way_to_get_it(monkeypatch):
    import typst

    monkeypatch.setattr(typst, "Fonts", type("Few", (), {"families": lambda self: ["DejaVu Sans"]}))
    with pytest.raises(Missing, match="Chinese"):
        printed(content("未采纳"), "zh", AT)
    assert printed(replace(content(), sections=()), "en", AT).startswith(b"%PDF")
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(Missing, match="typst"):
        printed(content(), "en", AT)
