"""Content as a PDF/A file, by typst: the same sentences, pictures and tables as the page, for the shelf."""

import re
from datetime import datetime
from importlib.resources import files
from typing import Literal

from diapason.errors import Missing
from diapason.services.page.content import Content
from diapason.vocabulary.language import Language, Text

__all__ = ["HAN", "STANDARD", "printed"]

STANDARD: Literal["a-2b"] = "a-2b"
"""PDF/A-2b, ISO 19005-2: what archives take; fonts are in the file, nothing is outside of it."""
_FOOT = Text(
    "Each number is a link to its run in the HTML page and the evidence file.",
    "每个数字在网页与证据包中均可追溯到其运行。",
)
_RUNS = Text("The runs behind the numbers", "数字背后的运行")
_RUNS_LEAD = Text(
    "Plans sealed before each run and results as signed are in the evidence file: diapason evidence.",
    "运行前封存的计划与签名的结果见证据包：diapason evidence。",
)
_LATIN = ("Noto Sans", "DejaVu Sans", "Liberation Sans", "Segoe UI", "Helvetica Neue", "Arial", "Libertinus Serif")
HAN = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei", "WenQuanYi Zen Hei")
"""Fonts with Chinese characters, the better first."""
_SPECIAL = re.compile(r"([\\#$*_`<>@\[\]~/=\-+.'\"])")
_VARIABLE = re.compile(r"--([a-z]+):(#[0-9a-f]+)")


def printed(content: Content, language: Language, at: datetime) -> bytes:
    """The content as PDF/A-2b; the same content of the same moment gives the same file.

    Args:
        content: already in that language.
        at: the date of the document.

    Raises:
        Missing: typst is not installed, or no font here has Chinese characters and the content has some.
    """
    try:
        import typst
    except ImportError as error:
        raise Missing(
            Text("PDF needs typst", "生成 PDF 需要 typst"), at="typst", fix='pip install "diapason[pdf]"'
        ) from error
    source = _source(content, language, _fonts(set(typst.Fonts().families()), content, language))
    return bytes(
        typst.compile(source.encode(), format="pdf", pdf_standards=[STANDARD], timestamp=at.replace(microsecond=0))
    )


def _source(content: Content, language: Language, fonts: tuple[str, ...]) -> str:
    from jinja2 import Environment

    folder = files("diapason.services.page")
    environment = Environment(autoescape=False, trim_blocks=True)  # noqa: S701  # typst, not HTML
    css = _css(folder.joinpath("look.css").read_text(encoding="utf-8"), fonts)
    environment.filters |= {"t": _escaped, "q": _quoted, "svg": lambda svg: _quoted(_styled(svg, css))}
    template = environment.from_string(folder.joinpath("report.typ.j2").read_text(encoding="utf-8"))
    words = {"foot": _FOOT(language), "runs": _RUNS(language), "runs_lead": _RUNS_LEAD(language)}
    return template.render(content=content, language=language, fonts=fonts, words=words)


def _fonts(known: set[str], content: Content, language: Language) -> tuple[str, ...]:
    latin = tuple(f for f in _LATIN if f in known)
    han = tuple(f for f in HAN if f in known)
    if not han and (language == "zh" or re.search("[\u4e00-\u9fff]", repr(content))):
        raise Missing(
            Text("no font here has Chinese characters", "此处没有含汉字的字体"),
            at="fonts",
            fix=Text("install one, such as Noto Sans CJK SC", "请安装一种，例如 Noto Sans CJK SC"),
        )
    return (*han, *latin) if language == "zh" else (*latin, *han)


def _escaped(text: object) -> str:
    """Words as they are, whatever signs they hold."""
    return _SPECIAL.sub(r"\\\1", str(text)).replace("\n", " ")


def _quoted(text: object) -> str:
    return str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _css(look: str, fonts: tuple[str, ...]) -> str:
    """The page's style of charts, light, without variables."""
    colours = dict(_VARIABLE.findall(look.split("@media", 1)[0]))
    rules = [
        f"{_selector(selectors)}{{{body}}}"
        for selectors, body in re.findall(r"^([^{}@]*\.chart[^{}]*)\{([^}]*)\}", look, flags=re.MULTILINE)
    ]
    rules += [
        f"{_selector(part)}{{{body}}}"
        for line in look.splitlines()
        if line.startswith(".chart")
        for part, body in re.findall(r"([^{}]+)\{([^}]*)\}", line)
    ]
    family = ", ".join(f"'{f}'" for f in fonts)
    text = f"text{{font-family:{family};font-size:12px}}" + "".join(dict.fromkeys(rules))
    return re.sub(r"var\(--([a-z]+)\)", lambda found: colours.get(found[1], "#23282b"), text)


def _selector(selectors: str) -> str:
    return selectors.replace("svg.chart", "svg").replace(".chart ", "").strip()


def _styled(svg: str, css: str) -> str:
    """The picture with its style inside, and a namespace, so that it stands alone."""
    opened = re.sub(r"<svg(?![^>]*xmlns)", '<svg xmlns="http://www.w3.org/2000/svg"', svg, count=1)
    return re.sub(r"(<svg[^>]*>)", lambda found: f"{found[1]}<style>{css}</style>", opened, count=1)
