"""The report is one whole file in both languages, each number opens its run, and a real browser shows it."""

import asyncio
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diapason.errors import NotFound
from diapason.services import ingest, learn, report
from diapason.services.workspace import Workspace, init, open_workspace

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small furnace table, ingested and learnt from."""
    folder = tmp_path_factory.mktemp("report")
    draw = np.random.default_rng(0)
    x = draw.normal(size=(400, 2))
    y = 3 * x[:, 0] + draw.normal(size=400)
    frame = pl.DataFrame({"flow": x[:, 0], "<b>speed": x[:, 1], "hardness": y})
    frame.write_csv(folder / "furnace.csv")
    init(folder / "plant", person="li")
    opened = open_workspace(folder / "plant")
    asyncio.run(ingest.run(opened, str(folder / "furnace.csv"), name="furnace", target="hardness"))
    learn.run(opened, "furnace", "regression")
    return opened


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.outside: set[str] = set()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.tags.append(tag)
        self.ids |= {said["id"]} if said.get("id") else set()
        link = said.get("href") or said.get("src") or ""
        (self.links if link.startswith("#") else self.outside).update({link} - {""})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_number_opens_its_run_and_nothing_comes_from_outside(ws: Workspace, language: str) -> None:
    """Every link points into the page; there is no script, no image, no font to fetch."""
    text = Path(report.run(ws, "furnace", language=language)["file"]).read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.links
    assert {link.removeprefix("#") for link in page.links} <= page.ids
    assert not page.outside
    assert "script" not in page.tags
    assert "<b>speed" not in text
    heads = " ".join(re.findall("<h[12]>(.*?)</h[12]>", text))
    assert bool(re.search("[\u4e00-\u9fff]", heads)) == (language == "zh")


def test_an_unknown_dataset_is_named(ws: Workspace) -> None:
    """And those that exist are offered."""
    with pytest.raises(NotFound, match="furnace"):
        report.run(ws, "furnase")


def _shot(browser: str, page: Path, to: Path) -> bytes:
    command = [browser, *FLAGS, f"--user-data-dir={to}.profile", f"--screenshot={to}", "--window-size=900,700"]
    subprocess.run([*command, page.as_uri()], check=True, capture_output=True, timeout=120)
    return to.read_bytes()


def test_a_real_browser_draws_chinese_letters_and_not_boxes(browser: str, tmp_path: Path) -> None:
    """Two letters look different: a font with Chinese letters is here."""
    shots = []
    for name, letter in (("a", "数"), ("b", "据")):
        page = tmp_path / f"{name}.html"
        page.write_text(f"<meta charset=utf-8><p style='font-size:200px'>{letter}", encoding="utf-8")
        shots.append(_shot(browser, page, tmp_path / f"{name}.png"))
    assert shots[0] != shots[1], "no Chinese font: apt-get install fonts-noto-cjk"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_real_browser_shows_the_verdict_and_the_chart(
    ws: Workspace, browser: str, tmp_path: Path, language: str
) -> None:
    """The page that the browser has built holds the verdict, a chart with its figures, and the table."""
    made = report.run(ws, "furnace", language=language, to=tmp_path / "r.html")
    page = (tmp_path / "r.html").as_uri()
    command = [browser, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page]
    built = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout.decode()
    assert made["verdict"] in built
    assert built.count("<svg") >= 1
    assert built.count("<table") >= 1
    assert len(_shot(browser, tmp_path / "r.html", tmp_path / "r.png")) > 20_000
