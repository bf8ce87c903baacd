"""How a text file is laid out: separator, comments, preamble, header, a row of units. Found from its first lines."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.flags import is_bound
from diapason.connectors.files.footing import is_title
from diapason.connectors.files.naming import names_of
from diapason.connectors.files.numbers import is_missing, signs
from diapason.connectors.files.options import Options
from diapason.connectors.files.records import Layout, fields, squeeze_text
from diapason.connectors.files.times import CLOCK, shape_of
from diapason.errors import DataError
from diapason.knowledge.columns import lexicon
from diapason.vocabulary.language import Text

__all__ = ["Dialect", "looks", "sniff"]

LINES = 200
_RUNS = 0.85
"""Weight of blanks as a separator: they stand inside of cells as well."""
_SEPARATORS = (";", "\t", ",", "|", " ")
_COMMENTS = ("#", "%", "//", "!")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one file is laid out, and what was assumed for that."""

    layout: Layout
    units: dict[str, str]
    assumed: tuple[Assumed, ...]
    preamble: tuple[str, ...] = ()
    named: bool = True  # the file names its columns


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str
    cells: tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def looks(cell: str) -> str:
    """What one cell looks like: "missing", "number", "time" or "text".

    >>> [looks(c) for c in ("1,5", "2026-01-03", "NaN", "ok")]
    ['number', 'time', 'missing', 'text']
    """
    if _NUMBER.fullmatch(cell):
        return "number"
    if is_missing(cell):
        return "missing"
    if signs([cell]).numbers or is_bound(cell):
        return "number"
    return "time" if shape_of(cell) or CLOCK.fullmatch(cell) else "text"


def sniff(head: str, options: Options, at: str) -> Dialect:
    """The layout of a text from its first lines.

    Raises:
        DataError: there are no rows, or names and rows do not go together.
    """
    raw = head.split("\n")[: LINES + options.skip]
    comment = options.comment or _comment(raw[options.skip :])
    comment = "" if comment == "none" else comment
    said = re.fullmatch(r"(?i)sep=(.)", raw[0].strip()) if raw else None
    quote = {"none": ""}.get(options.quote, options.quote or '"')
    kept = _records(raw, options.skip + bool(said), quote)
    rows = [(i, t) for i, t in kept if not (comment and t.startswith(comment))]
    if not rows:
        raise _no_rows(at)
    separator = options.separator or (said.group(1) if said else _separator([t for _, t in rows], quote))
    layout = Layout("\t" if separator == " " else separator, (), separator == " ", quote, comment)
    lines = [_Line(i, t, tuple(c.strip() for c in _cells(t, layout))) for i, t in rows]
    assumed = [Assumed("separator", _said(separator), _why_separator(options, bool(said)), "separator=…")]
    hidden = [_hidden(i, t, layout) for i, t in kept if comment and t.startswith(comment)]
    return _with_header(lines, [h for h in hidden if h], layout, options, assumed, at)


def _with_header(  # the parts of one story
    lines: Sequence[_Line],
    hidden: Sequence[_Line],
    layout: Layout,
    options: Options,
    assumed: list[Assumed],
    at: str,
) -> Dialect:
    """Find the preamble, the names and the units, and where the data begins."""
    width = _width(lines, divided=bool(options.separator))
    start = next(i for i, line in enumerate(lines) if len(line.cells) == width or _short_header(lines, i, width))
    start = _below_titles(lines, start) if options.header != "no" else start
    preamble, body = lines[:start], list(lines[start:])
    if preamble:
        assumed.append(Assumed("skip", str(body[0].number - 1), _PREAMBLE, "skip=…"))
    taken = 0 if options.header == "no" else _header_lines(body, options)
    head, data = body[:taken], body[taken:]
    if not taken and options.header != "no" and hidden and len(hidden[-1].cells) == width:
        head = [hidden[-1]]
    _matches(preamble, head, width, at)
    assumed.append(Assumed("header", str(len(head)) if head else "no", _why_header(head, options), "header=no|yes"))
    units: tuple[str, ...] = ()
    if head and data and options.units_row != "no" and (options.units_row == "yes" or _is_units(data, width)):
        units, data = data[0].cells, data[1:]
        assumed.append(Assumed("units_row", "yes", _UNITS, "units_row=no"))
    names, notes = names_of([h.cells for h in head], width, options.columns, at)
    if not data and not _any_after(lines, head):
        raise _only_header(at, names)
    first = data[0].number if data else (lines[-1].number + 1)
    above = [*(p for p in preamble if len(p.cells) == width), *head, *body[taken : len(body) - len(data)]]
    again = tuple(line.text for line in above if line.number > 0 and any(line.cells))
    return Dialect(
        Layout(layout.separator, names, layout.runs, layout.quote, layout.comment, first, again),
        {n: u.strip("[]()<> ") for n, u in zip(names, units, strict=False) if u.strip("[]()<> -")},
        (*assumed, *notes),
        tuple(line.text for line in preamble),
        bool(head),
    )


def _below_titles(lines: Sequence[_Line], start: int) -> int:
    """Past titles and labels that a spreadsheet has padded to the width of the table."""
    while start + 2 < len(lines) and is_title(lines[start].cells, [row.cells for row in lines[start + 1 :]]):
        start += 1
    return start


def _matches(preamble: Sequence[_Line], head: Sequence[_Line], width: int, at: str) -> None:
    """Refuse rows below names of another number: their cells would land under the wrong names."""
    if width == 1 and head:
        names = max((head[0].text.split(sign) for sign in ";\t,|"), key=len)
        if len(names) > 1:
            names_of([names], width, (), f"{at}, line {head[0].number}")
    last = preamble[-1] if preamble and not head else None
    if last is not None and len(last.cells) > 1 and all(looks(c) == "text" for c in last.cells):
        names_of([last.cells], width, (), f"{at}, line {last.number}")


def _any_after(lines: Sequence[_Line], head: Sequence[_Line]) -> bool:
    return len(lines) >= LINES or not head


def _cells(text: str, layout: Layout) -> list[str]:
    text = squeeze_text(text, layout.quote) if layout.runs else text
    cells = fields(text, layout)
    return text.split(layout.separator) if cells is None else cells


def _hidden(number: int, text: str, layout: Layout) -> _Line | None:
    """A comment that may hold the names of the columns."""
    inner = text.removeprefix(layout.comment).strip()
    cells = tuple(c.strip() for c in _cells(inner, layout))
    return _Line(-number, inner, cells) if len(cells) > 1 and all(looks(c) == "text" for c in cells) else None


def _comment(lines: Sequence[str]) -> str:
    """What comment lines begin with; a sign that begins most lines is no comment sign."""
    for sign in _COMMENTS:
        count = sum(line.startswith(sign) for line in lines)
        if 0 < count < 0.5 * len(lines):
            return sign
    return ""


def _records(raw: Sequence[str], skip: int, quote: str) -> list[tuple[int, str]]:
    """Lines that are not blank with their numbers; a quoted cell may reach over a few lines."""
    kept, at = [], skip
    while at < len(raw):
        until = at + 1
        if quote and re.search(rf"(?:^|[,;\t|])\s*{re.escape(quote)}[^{re.escape(quote)}]*$", raw[at]):
            closed = [k for k in range(at + 1, min(len(raw), at + 20)) if raw[k].count(quote) % 2]
            until = closed[0] + 1 if closed else until
        text = "\n".join(raw[at:until])
        if text.strip():
            kept.append((at + 1, text))
        at = until
    return kept


def _separator(lines: Sequence[str], quote: str) -> str:
    """The sign that divides most lines into equally many readable cells."""
    best, chosen = 0.0, ""
    for sign in _SEPARATORS:
        if not any(sign in line for line in lines):
            continue
        layout = Layout("\t" if sign == " " else sign, (), sign == " ", quote)
        cells = [_cells(line, layout) for line in lines[:60]]
        width, same = Counter(map(len, cells)).most_common(1)[0]
        if width < 2:
            continue
        inner = [c for row in cells if len(row) == width for c in row]
        readable = sum(looks(c) != "text" for c in inner) / len(inner)
        score = (same / len(cells)) ** 1.5 * (0.4 + 0.6 * readable) * (_RUNS if sign == " " else 1.0)
        if score > best and (same > 1 or len(lines) == 1):
            best, chosen = score, sign
    return chosen or ("," if any('"' in line for line in lines) else " ")


def _width(lines: Sequence[_Line], *, divided: bool) -> int:
    """Cells in most lines, the first left out; where a person has said how they are divided, in those that are."""
    counts = Counter(len(line.cells) for line in (lines[1:] or lines))
    counts = (Counter({n: c for n, c in counts.items() if n > 1}) if divided else counts) or counts
    return max(counts, key=lambda n: (counts[n], n))


def _short_header(lines: Sequence[_Line], index: int, width: int) -> bool:
    """One name too few above the data: the first column has none, as R writes it."""
    line = lines[index]
    return (
        len(line.cells) == width - 1
        and index + 1 < len(lines)
        and len(lines[index + 1].cells) == width
        and all(looks(c) == "text" for c in line.cells)
        and len(set(line.cells)) == len(line.cells)
    )


def _header_lines(body: Sequence[_Line], options: Options) -> int:
    """How many lines name the columns: 0, 1 or 2."""
    if options.header.isdecimal():
        return min(int(options.header), len(body))
    body = [body[0], *(row for row in body[1:] if row.cells != body[0].cells)]  # a report repeats it on every page
    if not _names(body[0], body[1:], options.header == "yes"):
        return 0
    second = body[1:2]
    two = bool(second) and _names(second[0], body[2:], False) and not _is_units(body[1:], len(second[0].cells))
    return 2 if two and any(looks(c) == "text" for c in second[0].cells) and _mostly_values(body[2:]) else 1


def _mostly_values(rows: Sequence[_Line]) -> bool:
    cells = [c for row in rows[:50] for c in row.cells]
    return bool(cells) and sum(looks(c) in ("number", "time") for c in cells) > 0.5 * len(cells)


def _names(line: _Line, below: Sequence[_Line], sure: bool) -> bool:
    """Whether a line names the columns: text above numbers, or texts that do not come again below."""
    if sure:
        return True
    votes, width = 0.0, len(line.cells)
    columns = [[row.cells[j] for row in below[:30] if j < len(row.cells)] for j in range(width)]
    for cell, column in zip(line.cells, columns, strict=True):
        values = [looks(c) for c in column if looks(c) != "missing"]
        kinds = sum(v != "text" for v in values) / len(values) if values else 0.0
        mine = looks(cell)
        if mine == "text":
            votes += 1.0 if kinds > 0.8 else (0.2 if cell not in column else -0.5)
        elif mine != "missing":
            votes -= 1.0 if kinds > 0.8 else 0.5
    return votes > 0


def _is_units(rows: Sequence[_Line], width: int) -> bool:
    """Whether the first of these rows holds units: short, no numbers, above columns of numbers."""
    cells, below = rows[0].cells, rows[1:50]
    if len(cells) != width or not below or any(looks(c) in ("number", "time") for c in cells):
        return False
    above = [
        cells[j]
        for j in range(width)
        if (v := [looks(r.cells[j]) for r in below if j < len(r.cells)]) and v.count("number") > 0.5 * len(v)
    ]
    filled = [c.strip("[]()<>{}（）【】 ") for c in above if c.strip("[]()<>{}（）【】- ")]
    known = sum(c in _units() or (len(c) > 2 and c.casefold() in _units()) for c in filled)
    return bool(filled) and known >= 0.5 * len(filled) and len(filled) >= 0.4 * len(above)


@cache
def _units() -> frozenset[str]:
    """Every spelling of a unit; those of several letters also in lower case."""
    spelt = {s for unit in lexicon().units for s in (unit.code, *unit.spellings)}
    return frozenset(spelt | {s.casefold() for s in spelt if len(s) > 2})


def _said(separator: str) -> str:
    return {"\t": "tab", " ": "space"}.get(separator, separator)


def _why_separator(options: Options, said: bool) -> Text:
    if options.separator:
        return Text("you said so", "由您指定")
    if said:
        return Text("the first line says so", "首行已说明")
    return Text("it divides the lines into equally many cells", "它把各行分成同样多的单元格")


def _why_header(head: Sequence[_Line], options: Options) -> Text:
    if options.header:
        return Text("you said so", "由您指定")
    if head and head[0].number < 0:
        return Text("a comment line above the data names the columns", "数据上方的注释行给出了列名")
    if len(head) == 2:
        return Text("two lines of text stand above the numbers", "数值上方有两行文字")
    if head:
        return Text("the first line names what stands below it", "首行是下方各列的名称")
    return Text("the first line looks like the others: columns are numbered", "首行与其他行相同：列按编号命名")


_PREAMBLE = Text("the lines above the table are not part of it", "表格上方的几行不属于表格")
_UNITS = Text("the line below the names holds units", "列名下一行是单位")


def _no_rows(at: str) -> DataError:
    return DataError(
        Text("the file has no rows: only blank lines or comments", "文件没有数据行：只有空行或注释"),
        at=at,
        fix=Text("export it again; or say -o comment=none", "请重新导出；或加 -o comment=none"),
    )


def _only_header(at: str, names: Sequence[str]) -> DataError:
    shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    return DataError(
        Text(f"the file has a header ({shown}) and no rows", f"文件只有表头（{shown}），没有数据行"),
        at=f"{at}, line 2",
        fix=Text("export it again with its rows; or say -o header=no", "请连同数据重新导出；或加 -o header=no"),
    )
