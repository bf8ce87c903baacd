"""Opens a file as the table or tables that it holds, by what its first bytes show."""

from fnmatch import fnmatch

from diapason.connectors.files.excel import open_sheets
from diapason.connectors.files.jsonlines import RecordsTable
from diapason.connectors.files.lineprotocol import PointsTable
from diapason.connectors.files.options import Options
from diapason.connectors.files.parquet import ParquetTable
from diapason.connectors.files.places import Piece, form
from diapason.connectors.files.tables import Table, TextTable, TurnedTable
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["open_tables"]


def open_tables(piece: Piece, options: Options) -> list[Table]:
    """Find out how a file is laid out; a workbook may hold several tables.

    Raises:
        DataError: it is no table.
        Unsure: its encoding isn't clear, or which of its sheets is meant.
    """
    kind = form(piece)
    _heard(piece, kind, options)
    if kind == "parquet":
        return [ParquetTable(piece, options.timezone)]
    if kind in ("excel", "xls"):
        return [*open_sheets(piece, options, kind)]
    if kind == "records":
        return [RecordsTable(piece, options)]
    if kind == "points":
        return [PointsTable(piece, options)]
    turned = options.transpose == "yes" or (options.transpose and fnmatch(piece.path.name, options.transpose))
    return [TurnedTable(piece, options) if turned else TextTable(piece, options)]


def _heard(piece: Piece, kind: str, options: Options) -> None:
    """Refuse what was said of another kind of file: it would not be heard."""
    sheet = options.sheet if kind not in ("excel", "xls") else ""
    points = (options.precision or options.layout) if kind != "points" else ""
    if sheet or points:
        name = "sheet" if sheet else ("precision" if options.precision else "layout")
        what = Text("only a workbook has sheets", "只有工作簿才有工作表")
        if not sheet:
            what = Text(f"only line protocol takes -o {name}=…", f"只有行协议接受 -o {name}=…")
        fix = Text("leave it out, or name the file that is meant", "请去掉该选项，或指定所指的文件")
        raise DataError(what, at=f"{piece.at}: {name}={sheet or points}", fix=fix)
