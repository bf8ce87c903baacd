"""Opens a file as the table or tables that it holds, by what its first bytes show."""

from fnmatch import fnmatch

from diapason.connectors.files.excel import open_sheets
from diapason.connectors.files.jsonlines import RecordsTable
from diapason.connectors.files.lineprotocol import PointsTable
from diapason.connectors.files.options import Options
from diapason.connectors.files.parquet import ParquetTable
from diapason.connectors.files.places import Piece, form
from diapason.connectors.files.tables import Table, TextTable, TurnedTable

__all__ = ["open_tables"]


def open_tables(piece: Piece, options: Options) -> list[Table]:
    """Find out how a file is laid out; a workbook may hold several tables.

    Raises:
        DataError: it is no table.
        Unsure: its encoding isn't clear, or which of its sheets is meant.
    """
    kind = form(piece)
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
