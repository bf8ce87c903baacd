"""Sheets of Excel workbooks as tables: .xlsx and .xlsm by themselves, .xls where a library for it is there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.dialect import sniff
from diapason.connectors.files.options import Options
from diapason.connectors.files.places import Piece
from diapason.connectors.files.sheets import SheetText, cells_of, shown_value
from diapason.connectors.files.tables import TextTable, head_of
from diapason.connectors.files.workbook import Sheet, read_workbook, readable
from diapason.errors import DataError, Unsure
from diapason.vocabulary.language import Text
from diapason.vocabulary.questions import Choice, Question

__all__ = ["SheetTable", "open_sheets"]

_Read = Callable[[Sheet], SheetText]


@dataclass
class SheetTable(TextTable):
    """One sheet, laid out like a text of cells divided by tabs: names, units and lines above are found the same way."""

    sheet: str = ""
    others: tuple[str, ...] = ()
    text: SheetText = field(default_factory=SheetText)

    def __post_init__(self) -> None:
        self.file = self.text  # type: ignore[assignment]
        first = next(self.text.blocks(), None)
        if first is None:
            raise _nothing(self.piece)
        self.dialect = sniff(head_of(first), replace(self.options, **_AS_CELLS), self.piece.at)

    @property
    def assumed(self) -> tuple[Assumed, ...]:
        """What was assumed about the layout, and what the cells hold besides values."""
        said = [one for one in self.dialect.assumed if one.what != "separator"]
        if self.others and not self.options.sheet:
            why = Text(f"no other sheet holds a table: {_few(self.others)}", f"其他工作表没有数据：{_few(self.others)}")
            said.insert(0, Assumed("sheet", self.sheet, why, "sheet=…"))
        text = self.text
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in text.errors.most_common(5))
        notes = (
            ("errors", kinds, bool(text.errors), _ERRORS),
            ("formulas", f"{text.uncounted:,}", text.uncounted > 0, _UNCOUNTED),
            ("merged", f"{len(text.merged):,}", bool(text.merged), _MERGED),
            ("empty_rows", f"{text.empty:,}", text.empty > 0, _EMPTY),
            ("spans", f"{text.spans:,}", text.spans > 0, _SPANS),
        )
        return (*said, *(Assumed(what, value, why) for what, value, there, why in notes if there))

    def facts(self) -> dict[str, Any]:
        """Sheet, layout, errors by kind, formulas."""
        text, told = self.text, super().facts()
        kept = {k: told[k] for k in ("first_line", "header", "preamble")}
        counts = {"formulas": text.formulas, "formulas_without_value": text.uncounted, "empty_rows": text.empty}
        return {"form": "excel", "sheet": self.sheet, **kept, "errors": dict(text.errors), **counts}


_AS_CELLS: dict[str, Any] = {"separator": "\t", "quote": '"', "comment": "none"}
_ERRORS = Text("cells hold an error of Excel: they count as missing", "单元格是 Excel 错误值：按缺失处理")
_UNCOUNTED = Text("formulas without a result: open and save it in Excel", "公式没有结果：请用 Excel 打开并保存")
_MERGED = Text("cells merged over several rows stand in each of them", "跨行合并的单元格，其值填入每一行")
_EMPTY = Text("rows of the sheet hold nothing", "工作表中有空行")
_SPANS = Text("lengths of time are given in seconds", "时长以秒表示")


def open_sheets(piece: Piece, options: Options, kind: str) -> list[SheetTable]:
    """The sheet that a person named, the only one that holds something, or with `sheet=*` all that do.

    Raises:
        DataError: the workbook is damaged, or there is no such sheet.
        Unsure: several sheets hold something.
    """
    sheets, read = _newer(piece) if kind == "excel" else _older(piece)
    if options.sheet and options.sheet != "*":
        sheet = _named(piece, sheets, options.sheet)
        return [_table(piece, options, sheet, read(sheet), sheets)]
    filled = [(sheet, text) for sheet in sheets if not sheet.hidden and (text := read(sheet)).rows]
    if not filled:
        raise _nothing(piece)
    if options.sheet == "*":
        return [_table(replace(piece, member=s.name), options, s, text, sheets) for s, text in filled]
    if len(filled) > 1:
        raise _several(piece, [(s.name, text) for s, text in filled])
    return [_table(piece, options, *filled[0], sheets)]


def _table(piece: Piece, options: Options, sheet: Sheet, text: SheetText, sheets: Sequence[Sheet]) -> SheetTable:
    if not text.rows:
        raise _nothing(replace(piece, member=sheet.name))
    others = tuple(s.name for s in sheets if s.name != sheet.name)
    return SheetTable(piece, options, sheet=sheet.name, others=others, text=text)


def _newer(piece: Piece) -> tuple[tuple[Sheet, ...], _Read]:
    book = read_workbook(piece)
    return book.sheets, lambda sheet: cells_of(book, sheet)


def _older(piece: Piece) -> tuple[tuple[Sheet, ...], _Read]:
    """Workbooks in binary form, by a library that is an extra."""
    try:
        import python_calamine as calamine
    except ImportError:
        raise DataError(
            Text("this is a workbook in an older, binary form", "这是旧版二进制格式的工作簿"),
            at=piece.at,
            fix=Text(
                "save it as .xlsx; or: pip install 'diapason[excel]'",
                "请另存为 .xlsx；或：pip install 'diapason[excel]'",
            ),
        ) from None
    try:
        with readable(piece):
            book = calamine.CalamineWorkbook.from_path(str(piece.path))
    except calamine.CalamineError as error:
        raise _unreadable(piece, error) from error
    kinds = [m for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
    shown = calamine.SheetVisibleEnum.Visible
    sheets = tuple(Sheet(m.name, "", m.visible != shown) for m in kinds)

    def read(sheet: Sheet) -> SheetText:
        try:
            found = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
        except calamine.CalamineError as error:
            raise _unreadable(piece, error) from error
        into = SheetText()
        for number, row in enumerate(found, start=1):
            into.add(number, {c: t for c, v in enumerate(row, start=1) if v != "" and (t := shown_value(v)).strip()})
        return into

    return sheets, read


def _named(piece: Piece, sheets: Sequence[Sheet], word: str) -> Sheet:
    """The sheet of that name, whatever the case, or of that number."""
    same = [s for s in sheets if s.name == word] or [s for s in sheets if s.name.casefold() == word.casefold()]
    if same:
        return same[0]
    if word.isdecimal() and 1 <= int(word) <= len(sheets):
        return sheets[int(word) - 1]
    near = get_close_matches(word, [s.name for s in sheets], 1, 0.5)
    listed = ", ".join(s.name for s in sheets[:12])
    raise DataError(
        Text(f"there is no sheet '{word}'", f"没有工作表“{word}”"),
        at=piece.at,
        fix=Text(
            (f"did you mean {near[0]}? " if near else "") + f"the sheets are: {listed}",
            (f"是不是 {near[0]}？" if near else "") + f"现有工作表：{listed}",
        ),
    )


def _several(piece: Piece, filled: Sequence[tuple[str, SheetText]]) -> Unsure:
    choices = [Choice(n, Text(f"{t.rows:,} rows", f"{t.rows:,} 行")) for n, t in filled]
    every = Choice("*", Text("all of them, as one table", "全部，合为一张表"))
    question = Question("options.sheet", Text("Which sheet?", "哪张工作表？"), (*choices, every))
    shown = ", ".join(f"{n} ({t.rows:,})" for n, t in filled[:12])
    return Unsure(
        Text(
            f"the workbook has {len(filled)} sheets with rows: {shown}",
            f"工作簿有 {len(filled)} 张有数据的工作表：{shown}",
        ),
        at=piece.at,
        fix=Text(
            f"say which: --sheet {filled[0][0]}; all as one table: --sheet '*'",
            f"请指定：--sheet {filled[0][0]}；全部合为一张表：--sheet '*'",
        ),
        questions=(question,),
    )


def _nothing(piece: Piece) -> DataError:
    return DataError(
        Text("an Excel workbook without rows", "Excel 工作簿没有数据行"),
        at=piece.at,
        fix=Text(
            "name another sheet, or save the sheet as CSV or Parquet", "请指定其他工作表，或另存为 CSV 或 Parquet"
        ),
    )


def _unreadable(piece: Piece, error: Exception) -> DataError:
    locked = "password" in str(error).lower() or "encrypt" in str(error).lower()
    if locked:
        what, zh = "this workbook is locked with a password", "此工作簿有密码"
    else:
        what = f"an old Excel workbook or Office file that can't be read: {str(error)[:200]}"
        zh = f"无法读取的旧版 Excel 工作簿或 Office 文件：{str(error)[:200]}"
    fix = Text("open it in Excel and save it as .xlsx without a password", "请用 Excel 打开，去掉密码后另存为 .xlsx")
    return DataError(Text(what, zh), at=piece.at, fix=fix)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" … ({len(names)})" if len(names) > 3 else "")
