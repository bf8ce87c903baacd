"""Content into one self-contained HTML file: no script, nothing from outside."""

from importlib.resources import files
from typing import Any

from diapason.services.page.content import Content
from diapason.vocabulary.language import Language, Text

__all__ = ["page"]

RUNS = Text("The runs behind the numbers", "数字背后的运行")
RUNS_LEAD = Text(
    "Each number above is a link to the run it comes from: the plan as sealed before the run, the result as signed.",
    "上文每个数字都链接到产生它的运行：运行前封存的计划，以及签名的结果。",
)
LONGEST = 6000
"""Characters of one run's JSON that a page shows; the bundle holds all of it."""


def page(content: Content, language: Language) -> str:
    """The page as text.

    Args:
        content: already in that language.
        language: of the page's own words.
    """
    from jinja2 import Environment, select_autoescape
    from markupsafe import Markup

    folder = files("diapason.services.page")
    environment = Environment(autoescape=select_autoescape(default=True), trim_blocks=True)
    environment.filters["whole"] = lambda said: said.replace(" %", "\u00a0%")
    template = environment.from_string(folder.joinpath("report.html.j2").read_text(encoding="utf-8"))
    css = folder.joinpath("look.css").read_text(encoding="utf-8")
    words = {"runs": RUNS(language), "runs_lead": RUNS_LEAD(language)}
    runs = [dict(run, text=_shortened(run["text"], language)) for run in content.runs]
    shown: dict[str, Any] = {
        "title": content.title,
        "facts": content.facts,
        "verdict": content.verdict,
        "lead": content.lead,
        "hero": content.hero,
        "opening": content.opening,
        "sections": content.sections,
        "runs": runs,
    }
    return template.render(content=shown, language=language, css=Markup(css), words=words)  # noqa: S704  # our own file


def _shortened(text: str, language: Language) -> str:
    more = Text(
        f"… {len(text) - LONGEST:,} more characters in the evidence", f"… 其余 {len(text) - LONGEST:,} 个字符见证据包"
    )
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n{more(language)}"
