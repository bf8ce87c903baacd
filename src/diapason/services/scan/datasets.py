"""Scan a version of a dataset, from the state of the one before where rows were only added."""

from typing import Any

import polars as pl

from diapason.engines.scan import Scan, packed, unpacked
from diapason.errors import NotFound
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services.ingest import contract as contract_of
from diapason.services.scan.passing import limits_of, passed, told
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role, VersionRef

__all__ = ["run"]


def run(ws: Workspace, name: str) -> dict[str, Any]:
    """Scan a version of a dataset; where rows were only appended to one that was scanned, those alone are read.

    Raises:
        NotFound: there is no such dataset.
    """
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        raise NotFound(
            Text(f"there is neither a file nor a dataset '{ref.name}'", f"既没有文件也没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix=Text("give a file, or bring one in: diapason ingest", "请给出文件，或先导入：diapason ingest"),
        )
    version = ws.lake.version(ref)
    contract = contract_of(ws, ref.name)
    scan, read = _of_version(ws, version, contract)
    ws.vault.remember(_key(version, contract), ws.vault.put(packed(scan)))
    return {"dataset": str(version.ref), "read": read, **told(scan, contract)}


def _of_version(ws: Workspace, version: Version, contract: Contract) -> tuple[Scan, int]:
    """The state of a version, and how many rows were read for it."""
    known = ws.vault.recall(_key(version, contract))
    if known is not None:
        return unpacked(ws.vault.get(known)), 0
    before = _before(ws, version, contract)
    table = ws.lake.scan(version.ref)
    if before is not None:
        table = table.filter(pl.col(ROW) >= version.first_row)
    roles = {"time": contract.first(Role.TIME) or "", "asset": contract.first(Role.ASSET) or ""}
    frames = table.collect_batches(maintain_order=True, lazy=True)
    had = 0 if before is None else before.rows
    scan = passed(
        frames, roles, str(version.ref), ws.progress, limits=limits_of(contract), before=before, of=version.rows
    )
    return scan, scan.rows - had


def _before(ws: Workspace, version: Version, contract: Contract) -> Scan | None:
    """The state of the version before, if this one only adds rows to it."""
    ref = version.ref
    if not version.first_row or ref.version < 2:
        return None
    earlier = ws.lake.version(VersionRef(ref.name, ref.version - 1))
    known = ws.vault.recall(_key(earlier, contract))
    if known is None or earlier.rows >= version.rows:
        return None
    state = unpacked(ws.vault.get(known))
    return state if state.rows == earlier.rows else None


def _key(version: Version, contract: Contract) -> str:
    roles = [contract.first(Role.TIME), contract.first(Role.ASSET)]
    limits = [[c.name, c.low, c.high] for c in contract.columns]
    return f"scan/{version.digest}/{roles}/{limits}"
