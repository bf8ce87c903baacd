"""What an Excel workbook holds besides its cells: sheets, texts, which styles are dates, from which day it counts."""

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat  # a document type, and with it every entity, is refused

from diapason.connectors.files.places import Piece, reading
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Sheet", "Workbook", "elements", "local", "read_workbook", "readable"]

_STRINGS = 512 << 20
"""Characters of shared text that are held in memory."""
_DATES = {*range(14, 18), 22, *range(27, 32), *range(50, 59), 36}
_CLOCKS = {18, 19, 20, 21, 32, 33, 34, 35, 45, 47}
_SPANS = {46}
_QUOTED = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[(?:\$[^\]]*|Red|Blue|Black|White|Green|Yellow|Cyan|Magenta|Color\d+|[<>=][^\]]*)\]', re.I
)

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, the part of the archive that holds it, and whether a person sees it."""

    name: str
    part: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Workbook:
    """Everything that the cells of a workbook refer to."""

    piece: Piece
    sheets: tuple[Sheet, ...]
    strings: tuple[str, ...]
    styles: tuple[str, ...]  # of each style: "date", "clock", "span", "00000", or "" for a plain number
    since_1904: bool


def local(name: str) -> str:
    """The name of an element without its prefix."""
    return name[name.find(":") + 1 :] if ":" in name else name


def elements(stream: IO[bytes], start: Start, end: End, text: Callable[[str], object]) -> Iterator[None]:
    """Read XML piece by piece; pauses after each piece, so that what was found can be handed on."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _no_type
    while chunk := stream.read(1 << 17):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def _no_type(*_said: object) -> None:
    raise ValueError("it declares a document type")


@contextmanager
def readable(piece: Piece) -> Iterator[None]:
    """Says in plain words why a workbook can't be read."""
    try:
        with reading(piece):
            yield
    except (expat.ExpatError, ValueError, KeyError, IndexError, OverflowError, NotImplementedError) as error:
        raise DataError(
            Text(f"the workbook is damaged: {error}", f"工作簿已损坏：{error}"),
            at=piece.at,
            fix=Text(
                "open it in Excel, save it again; or save the sheet as CSV", "请用 Excel 打开并重新保存，或另存为 CSV"
            ),
        ) from error


def read_workbook(piece: Piece) -> Workbook:
    """The parts of a workbook that its cells refer to.

    Raises:
        DataError: it is damaged.
    """
    with readable(piece), zipfile.ZipFile(piece.path) as archive:
        main = _target(archive, "_rels/.rels", "", "/officeDocument") or "xl/workbook.xml"
        folder = posixpath.dirname(main)
        rels = posixpath.join(folder, "_rels", posixpath.basename(main) + ".rels")
        parts = _relations(archive, rels, folder)
        sheets, since_1904 = _sheets(archive, main, {k: p for k, (_, p) in parts.items()})
        strings = next((p for kind, p in parts.values() if kind.endswith("/sharedStrings")), "")
        styles = next((p for kind, p in parts.values() if kind.endswith("/styles")), "")
        return Workbook(piece, sheets, _strings(archive, strings, piece), _styles(archive, styles), since_1904)


def _all(
    archive: zipfile.ZipFile, part: str, start: Start, end: End | None = None, text: Callable[[str], object] = str
) -> None:
    with archive.open(part) as stream:
        for _ in elements(stream, start, end or (lambda _name: None), text):
            pass


def _relations(archive: zipfile.ZipFile, part: str, folder: str) -> dict[str, tuple[str, str]]:
    """Of each relation its kind and the part that it leads to."""
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, said: dict[str, str]) -> None:
        if local(name) == "Relationship" and said.get("TargetMode") != "External":
            target = said["Target"]
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[said["Id"]] = (said["Type"], path)

    if part in archive.namelist():
        _all(archive, part, start)
    return found


def _target(archive: zipfile.ZipFile, part: str, folder: str, kind: str) -> str:
    return next((path for said, path in _relations(archive, part, folder).values() if said.endswith(kind)), "")


def _sheets(archive: zipfile.ZipFile, part: str, parts: dict[str, str]) -> tuple[tuple[Sheet, ...], bool]:
    sheets: list[Sheet] = []
    since = [False]

    def start(name: str, said: dict[str, str]) -> None:
        if local(name) == "workbookPr":
            since[0] = said.get("date1904", "0").lower() in ("1", "true")
        if local(name) == "sheet":
            at = parts[next(v for k, v in said.items() if local(k) == "id" and ":" in k)]
            if "worksheets/" in at or "chartsheets/" not in at:
                sheets.append(Sheet(said["name"], at, said.get("state", "visible") != "visible"))

    _all(archive, part, start)
    return tuple(sheets), since[0]


def _strings(archive: zipfile.ZipFile, part: str, piece: Piece) -> tuple[str, ...]:
    """The texts that cells point to; readings aid (phonetic) left out."""
    if part not in archive.namelist():
        return ()
    if archive.getinfo(part).file_size > _STRINGS:
        raise DataError(
            Text("the workbook holds more text than fits in memory", "工作簿中的文本超出内存"),
            at=piece.at,
            fix=Text("save the sheet as CSV", "请将工作表另存为 CSV"),
        )
    texts: list[str] = []
    state = {"aside": 0, "inside": 0}
    parts: list[str] = []

    def start(name: str, _said: dict[str, str]) -> None:
        kind = local(name)
        state["aside"] += kind == "rPh"
        state["inside"] += kind == "t"

    def end(name: str) -> None:
        kind = local(name)
        state["aside"] -= kind == "rPh"
        state["inside"] -= kind == "t"
        if kind == "si":
            texts.append("".join(parts))
            parts.clear()

    def text(said: str) -> None:
        if state["inside"] and not state["aside"]:
            parts.append(said)

    _all(archive, part, start, end, text)
    return tuple(texts)


def _styles(archive: zipfile.ZipFile, part: str) -> tuple[str, ...]:
    """What the numbers of each style are shown as."""
    formats: dict[int, str] = {}
    styles: list[str] = []
    where = [""]

    def start(name: str, said: dict[str, str]) -> None:
        kind = local(name)
        where[0] = kind if kind in ("cellXfs", "cellStyleXfs", "dxfs") else where[0]
        if kind == "numFmt":
            formats[int(said["numFmtId"])] = said.get("formatCode", "")
        if kind == "xf" and where[0] == "cellXfs":
            styles.append(_shown_as(int(said.get("numFmtId", 0)), formats))

    if part in archive.namelist():
        _all(archive, part, start)
    return tuple(styles)


def _shown_as(number: int, formats: dict[int, str]) -> str:
    """One of "date", "clock", "span" and zeros in front, by the number of a format or its own code."""
    if number not in formats:
        kinds = ((_DATES, "date"), (_CLOCKS, "clock"), (_SPANS, "span"))
        return next((kind for numbers, kind in kinds if number in numbers), "")
    return style_of(formats[number])


def style_of(code: str) -> str:
    """What a format code shows.

    >>> [style_of(c) for c in ("yyyy-mm-dd hh:mm", "h:mm", "[h]:mm", "00000", '0.0"d"', "yyyy年m月d日")]
    ['date', 'clock', 'span', '00000', '', 'date']
    """
    plain = _QUOTED.sub("", code.split(";", 1)[0]).lower()
    if re.search(r"\[(h+|m+|s+)\]", plain):
        return "span"
    if "general" in plain or re.search(r"[0#?]\s*[0#?%e]*[.e%]", plain.replace("ss.0", "ss")):
        return ""
    if re.search(r"[ydg]|m{3,}|年|月", plain) and not re.fullmatch(r"[#0.,%e+\-\s]*", plain):
        return "date"
    if re.search(r"[hs]", plain):
        return "clock"
    return plain if re.fullmatch(r"0{2,15}", plain) else ""
