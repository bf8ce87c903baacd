"""The sentence of a finding, in both languages, by its kind."""

from functools import cache
from importlib.resources import files

from diapason.errors import NotFound
from diapason.knowledge.loader import Both, Titled, load
from diapason.vocabulary.findings import Finding
from diapason.vocabulary.language import Language

__all__ = ["FindingKind", "kinds", "sentence"]


class FindingKind(Titled, frozen=True):
    """How one kind of finding is said, and what to do about it."""

    sentence: Both
    advice: Both


@cache
def kinds() -> dict[str, FindingKind]:
    """All kinds of findings, from every file in `knowledge/findings`."""
    folder = files("diapason.knowledge").joinpath("findings")
    gathered: dict[str, FindingKind] = {}
    for item in sorted(folder.iterdir(), key=lambda f: f.name):
        if item.name.endswith(".yaml"):
            gathered.update(load(f"findings/{item.name}", dict[str, FindingKind]))
    return gathered


@cache
def _kind(name: str) -> FindingKind | None:
    """One kind; nothing else of the file that knows it is read."""
    for item in files("diapason.knowledge").joinpath("findings").iterdir():
        if item.name.endswith(".yaml") and f"\n{name}:" in "\n" + item.read_text(encoding="utf-8"):
            return load(f"findings/{item.name}", dict[str, FindingKind], only=name).get(name)
    return None


class _Facts(dict[str, object]):
    """Facts for a template; a missing one shows as a question mark rather than as an error."""

    def __missing__(self, key: str) -> str:
        return _Unknown("?")


class _Unknown(str):
    """A question mark in any form."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return str(self)


def _row(rows: tuple[int, ...], language: Language) -> str:
    """A place in a table that knows no time."""
    return "".join(f"第 {row} 行" if language == "zh" else f"row {row}" for row in rows)


class _Number(float):
    """Four digits, unless the sentence asks for another form, such as `{rate:.0%}`."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return float.__format__(self, form or ".4g")


def sentence(finding: Finding, language: Language = "en", *, part: str = "sentence") -> str:
    """What a finding says (`part="sentence"`), its title, or what to do (`part="advice"`).

    Raises:
        NotFound: no file knows the kind.
    """
    kind = _kind(finding.kind)
    if kind is None:
        raise NotFound(f"no sentence for finding kind '{finding.kind}'", at="knowledge/findings", fix="add it there")
    where = finding.where
    facts = _Facts(
        columns=("、" if language == "zh" else ", ").join(where.columns),
        count=f"{where.count:,}",
        of=f"{where.of:,}",
        share=f"{where.count / where.of:.2%}" if where.of else "?",
        asset=f" ({where.asset})" if where.asset else "",
        start=where.window[0] or _row(where.rows[:1], language),
        end=where.window[1] or _row(where.rows[-1:], language),
        sure=f"{finding.sure:.0%}",
    )
    facts.update({key: _Number(value) if isinstance(value, float) else value for key, value in finding.facts.items()})
    template: Both = getattr(kind, part)
    return template(language).format_map(facts)
