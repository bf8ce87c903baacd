"""What people have declared: signed by their own key, the newest wins, and it ends on its day."""

from collections.abc import Iterator
from datetime import datetime

from diapason.errors import BrokenEvidence, DiapasonError
from diapason.services.facts.book import Book, Signed
from diapason.vocabulary.facts import Fact, ground
from diapason.vocabulary.language import Text

__all__ = ["DECLARATION", "DESCRIBED", "about", "declared", "standing", "valid"]

DECLARATION = "urn:diapason:predicate:declaration:v1"
DESCRIBED = "dataset."
"""What the name of a fact about one dataset begins with; `describe` knows what may be said of it."""


def about(fact: str) -> str:
    """What a ledger entry about a declared fact is about."""
    return f"fact:{fact}"


def standing(book: Book) -> dict[str, Signed]:
    """The newest declaration of each fact by somebody who was known then, withdrawn ones left out."""
    owners = {str(e.body["keyid"]): str(e.body["person"]) for e in book.entries("person")}
    newest: dict[str, Signed] = {}
    for one in book.signed("declare"):
        if owners.get(one.keyid) == one.said.get("person") and one.entry.subject == about(str(one.said["fact"])):
            newest[str(one.said["fact"])] = one
    return {name: one for name, one in newest.items() if not one.said.get("withdrawn")}


def valid(book: Book) -> dict[str, Signed]:
    """Those that have not ended."""
    return {name: one for name, one in standing(book).items() if _lasts(book, one)}


def declared(book: Book) -> Iterator[Fact]:
    """A fact for each declaration; one that has ended, or whose document is gone, is unknown and says why.

    Where one declaration was changed or forged, all are unknown: nobody's word can be told from another's then.
    """
    try:
        found = standing(book)
    except BrokenEvidence as error:
        why = Text(error.said("en")["what"], error.said("zh")["what"])
        names = (subject.removeprefix(about("")) for subject in book.spoken_of("declare"))
        yield from (Fact(name, None, "", (error.at,), "person", why) for name in names)
        return
    for name, one in found.items():
        said = one.said
        value, why = said["value"], _said(one)
        if not _lasts(book, one):
            value, why = (
                None,
                Text(
                    f"the word of {said['person']} ended on {said['until']}",
                    f"{said['person']} 的申报已于 {said['until']} 到期",
                ),
            )
        elif (lost := _lost(book, one)) is not None:
            value, why = None, lost
        yield Fact(name, value, str(said.get("unit", "")), _on(one), "person", why)


def _lasts(book: Book, one: Signed) -> bool:
    return datetime.fromisoformat(f"{one.said['until']}T23:59:59+00:00") >= book.now


def _lost(book: Book, one: Signed) -> Text | None:
    """Why the document behind it can't be shown; None where it can, or where there is none."""
    paper = one.said.get("evidence")
    if not paper:
        return None
    try:
        book.vault.get(str(paper["sha256"]))
    except DiapasonError as error:
        en, zh = error.said("en")["what"], error.said("zh")["what"]
        return Text(f"its document {paper['name']} does not hold: {en}", f"其证明文件 {paper['name']} 不成立：{zh}")
    return None


def _on(one: Signed) -> tuple[str, ...]:
    return ground("entry", one.entry.seq), ground("person", one.said["person"])


def _said(one: Signed) -> Text:
    said = one.said
    paper = said.get("evidence")
    en = f"declared by {said['person']} until {said['until']}" + (f", with {paper['name']}" if paper else "")
    zh = f"由 {said['person']} 申报，有效期至 {said['until']}" + (f"，附 {paper['name']}" if paper else "")
    return Text(
        en + (f": {said['note']}" if said.get("note") else ""), zh + (f"：{said['note']}" if said.get("note") else "")
    )
