"""The sheet of rows that a person should look at, as CSV."""

import io
from pathlib import Path
from typing import Any

import polars as pl

from diapason.errors import NotFound
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.services.resonate.material import existing
from diapason.services.resonate.precision import precision
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, VersionRef

__all__ = ["audit_sheet"]

_MOST_COLUMNS = 40


def audit_sheet(ws: Workspace, name: str, *, to: str | Path = "") -> dict[str, Any]:
    """Write the rows that the newest trials ask a person to look at, with empty columns for the answer.

    Columns: row, inclusion (the probability with which the row came onto the sheet, so that answers can be weighed),
    doubt, given, expected, the row's own columns, and `is_wrong`, `right_value`, `who` to fill in.

    Args:
        to: file; default NAME.audit.csv in the current folder.

    Returns:
        file, rows, run, dataset, and precision: how closely sheets of several sizes would tell the share of wrong rows.

    Raises:
        NotFound: nothing was tried yet, or nothing is to be asked.
    """
    ref = existing(ws, name)
    found = attest.result(ws, "resonate", ref.name)
    kept = (found or {}).get("kept", {}).get("audit")
    if found is None or kept is None:
        raise NotFound(
            Text(f"no rows of {ref.name} are waiting for a look", f"{ref.name} 没有待人工核对的行"),
            at=ref.name,
            fix=f"diapason resonate {ref.name}",
        )
    rows = pl.read_csv(io.BytesIO(ws.vault.get(str(kept["sha256"]))))
    table = ws.lake.scan(VersionRef.parse(found["dataset"]))
    names = [c for c in table.collect_schema().names() if c not in (ROW, *rows.columns)][:_MOST_COLUMNS]
    own = table.filter(pl.col(ROW).is_in(rows["row"].to_list())).select(ROW, *names).collect()
    sheet = rows.join(own, left_on="row", right_on=ROW, how="left", maintain_order="left")
    sheet = sheet.with_columns(is_wrong=pl.lit(""), right_value=pl.lit(""), who=pl.lit(""))
    path = Path(to) if str(to) else Path(f"{ref.name}.audit.csv")
    write_whole(path, ("\ufeff" + sheet.write_csv()).encode())
    told = precision(found["result"]["audit"])
    made = {"file": str(path), "rows": sheet.height, "run": found["run"], "dataset": found["dataset"]}
    return {**made, "precision": told}
