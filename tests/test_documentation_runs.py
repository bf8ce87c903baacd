"""What the README and the pages tell a user to type works as it stands there."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from diapason.faces.cli.app import COMMON, found
from diapason.faces.cli.arguments import parameters
from diapason.faces.cli.face import GROUPS, ORDER

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(diapason [^`\n]+)`")


def lines(page: Path) -> Iterator[str]:
    """Every call of the command line that a page shows."""
    text = page.read_text(encoding="utf-8")
    for _, block in FENCE.findall(text):
        yield from (part.strip() for line in block.splitlines() for part in line.split("&&") if "diapason" in part)
    yield from INLINE.findall(FENCE.sub("", text))


def words(line: str) -> list[str]:
    """The words of a call, without `diapason`; a verdict after -> is none of them."""
    return shlex.split(line.split(" -> ", maxsplit=1)[0], comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_on_a_page_exists(page: Path) -> None:
    for line in lines(page):
        said = words(line) if line.startswith("diapason ") else []
        pairs = [" ".join(two) for two in pairwise(said)]
        verb = next((w for w in [*pairs, *said] if w in ORDER), "") or next((w for w in said if w in GROUPS), "")
        assert verb or not said or said[0].startswith(("-", "VERB")), f"{page.name}: {line}"
        if verb not in ORDER:
            continue
        known = {flag for p in [*parameters(found(verb).story), *COMMON] for flag in p.flags}
        used = {w.partition("=")[0] for w in said if w.startswith("--")}
        assert used <= known | {"--help", "--version"}, f"{page.name}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def engines(folder: Path) -> None:
    """Engines that wear until they fail, and rows of two new ones that have not failed yet."""
    draw, parts = np.random.default_rng(0), []
    for unit in range(1, 19):
        life = int(draw.integers(28, 40))
        cycle = np.arange(1, life + 1)
        wear = (cycle / life) ** 2
        parts.append(
            pl.DataFrame(
                {
                    "unit": np.full(life, unit),
                    "cycle": cycle,
                    "heat": 550 + 40 * wear + draw.normal(size=life),
                    "speed": 2400 - 60 * wear + 2 * draw.normal(size=life),
                    "rul": life - cycle,
                }
            )
        )
    pl.concat(parts[:16]).write_csv(folder / "engines.csv")
    pl.concat([p.head(25) for p in parts[16:]]).drop("rul").write_csv(folder / "new.csv")


def first_screen(readme: str) -> str:
    """The block of a README that begins a workspace, without its comments."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    block = next(b for _, b in FENCE.findall(text) if "diapason init" in b)
    return "\n".join(line.split("#")[0].rstrip() for line in block.splitlines())


def test_both_languages_say_the_same_calls() -> None:
    assert first_screen("README.md") == first_screen("README.zh.md")


def test_the_first_screen_works_from_the_first_word_to_the_last(tmp_path, monkeypatch, call) -> None:
    """Only the budget is smaller, the folder of the file is said, and the signer is this workspace's own."""
    engines(tmp_path)
    block = first_screen("README.md")
    monkeypatch.chdir(tmp_path)
    done = []
    for line in block.splitlines():
        for part in line.split("&&"):
            if part.strip().startswith("cd "):
                monkeypatch.chdir(tmp_path / part.split()[1])
                continue
            said = [w.replace("10m", "1s") for w in words(part.strip())]
            said = [f"../{w}" if w.endswith(".csv") else w for w in said]
            if "KEY" in said:
                signer = call("status", "--json").stdout
                said[said.index("KEY")] = re.findall(r'"(?:keyid|signer|key)": "([0-9a-f]{64})"', signer)[0]
            answer = call(*said)
            nothing = said[0] == "adopt" and "adopt" in answer.stderr
            assert answer.exit_code == 0 or nothing, (part, answer.output)
            done.append(said[0])
    assert done[0] == "init"
    assert done[-1] == "verify"
    assert (tmp_path / "plant-a" / "turbofan.evidence").exists()
