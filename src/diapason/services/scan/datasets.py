"""Scan a version of a dataset, from the state of the one before where rows were only added."""

from itertools import pairwise
from typing import Any

import polars as pl

from diapason.engines.scan import Scan, packed, unpacked
from diapason.errors import DataError, NotFound
from diapason.ports.lake import Version
from diapason.ports.workspace import Workspace
from diapason.services.ingest import contract as contract_of
from diapason.services.scan.passing import found, passed, told
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import ROW, Contract, Role, VersionRef

__all__ = ["added", "faults_of", "held_against", "run", "state"]


def run(ws: Workspace, name: str, *, against: str = "") -> dict[str, Any]:
    """Scan a version of a dataset; where rows were only appended to one that was scanned, those alone are read.

    Args:
        against: another version or dataset, the reference from which it may have drifted; of a version that only adds
            rows to the reference, those alone are compared with it.

    Raises:
        NotFound: there is no such dataset.
    """
    version, contract = _version(ws, name)
    scan, read = state(ws, version, contract)
    reference = new = None
    if against:
        other, agreed = _version(ws, against)
        if other.ref == version.ref:
            raise DataError(
                Text(f"'{against}' is what is scanned", f"“{against}”就是被扫描的版本"),
                at="--against",
                fix=Text(f"name another version: {other.ref.name}@1", f"请指定另一版本：{other.ref.name}@1"),
            )
        reference, _ = state(ws, other, agreed)
        new = added(ws, version, other.ref, contract)
        ws.vault.remember(_against(version), ws.vault.put(str(other.ref).encode()))
    said = {"against": against} if against else {}
    return {"dataset": str(version.ref), "read": read, **said, **told(scan, contract, reference, new)}


def faults_of(ws: Workspace, version: Version, contract: Contract) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """What `run` finds wrong in a version, each finding with its sentence in both languages, and nothing else."""
    return found(state(ws, version, contract)[0])


def held_against(ws: Workspace, version: Version) -> str:
    """The reference that a version was last scanned against, such as "line@1"; "" where there was none."""
    known = ws.vault.recall(_against(version))
    return "" if known is None else ws.vault.get(known).decode()


def state(ws: Workspace, version: Version, contract: Contract) -> tuple[Scan, int]:
    """The state of a version, remembered, and how many rows were read for it."""
    known = _recalled(ws, version, contract)
    if known is not None:
        return known, 0
    scan, read = _of_version(ws, version, contract)
    ws.vault.remember(_key(version, contract), ws.vault.put(packed(scan)))
    return scan, read


def added(ws: Workspace, version: Version, reference: VersionRef, contract: Contract) -> Scan | None:
    """The state of the rows that a version has added to the reference, remembered; None where it is no such version."""
    first = _first_added(ws, version, reference)
    if not first:
        return None
    key = f"{_key(version, contract)}/from {first}"
    known = _kept(ws, key)
    if known is not None:
        return known
    rows = ws.lake.scan(version.ref).filter(pl.col(ROW) >= first)
    frames, of = rows.collect_batches(maintain_order=True, lazy=True), version.rows
    scan = passed(frames, _roles(contract), str(version.ref), ws.progress, agreed=contract, of=of)
    ws.vault.remember(key, ws.vault.put(packed(scan)))
    return scan


def _first_added(ws: Workspace, version: Version, reference: VersionRef) -> int:
    """The number of the first row that was added; 0 where rows that the reference holds were written anew, or none."""
    if reference.name != version.ref.name or reference.version >= version.ref.version:
        return 0
    chain = [v for v in ws.lake.versions(reference.name) if reference.version <= v.ref.version <= version.ref.version]
    grown = all(b.first_row and b.rows > a.rows and b.first_row >= a.rows for a, b in pairwise(chain))
    whole = len(chain) == version.ref.version - reference.version + 1
    return chain[1].first_row if whole and grown else 0


def _recalled(ws: Workspace, version: Version, contract: Contract) -> Scan | None:
    """What was kept of a version, unless another release kept it in another form."""
    return _kept(ws, _key(version, contract))


def _kept(ws: Workspace, key: str) -> Scan | None:
    known = ws.vault.recall(key)
    try:
        return None if known is None else unpacked(ws.vault.get(known))
    except DataError:
        return None


def _version(ws: Workspace, name: str) -> tuple[Version, Contract]:
    ref = VersionRef.parse(name)
    if not ws.lake.versions(ref.name):
        raise NotFound(
            Text(f"there is neither a file nor a dataset '{ref.name}'", f"既没有文件也没有数据集“{ref.name}”"),
            at=str(ws.folder),
            fix=Text("give a file, or bring one in: diapason ingest", "请给出文件，或先导入：diapason ingest"),
        )
    return ws.lake.version(ref), contract_of(ws, ref.name)


def _of_version(ws: Workspace, version: Version, contract: Contract) -> tuple[Scan, int]:
    """The state of a version, and how many rows were read for it."""
    before = _before(ws, version, contract)
    table = ws.lake.scan(version.ref)
    if before is not None:
        table = table.filter(pl.col(ROW) >= version.first_row)
    frames = table.collect_batches(maintain_order=True, lazy=True)
    had = 0 if before is None else before.rows
    scan = passed(
        frames, _roles(contract), str(version.ref), ws.progress, agreed=contract, before=before, of=version.rows
    )
    return scan, scan.rows - had


def _before(ws: Workspace, version: Version, contract: Contract) -> Scan | None:
    """The state of the version before, if this one only adds rows to it."""
    ref = version.ref
    if not version.first_row or ref.version < 2:
        return None
    earlier = ws.lake.version(VersionRef(ref.name, ref.version - 1))
    state = None if earlier.rows >= version.rows else _recalled(ws, earlier, contract)
    return state if state is not None and state.rows == earlier.rows else None


def _roles(contract: Contract) -> dict[str, str]:
    return {"time": contract.first(Role.TIME) or "", "asset": contract.first(Role.ASSET) or ""}


def _against(version: Version) -> str:
    return f"against/{version.digest}"


def _key(version: Version, contract: Contract) -> str:
    roles = [contract.first(Role.TIME), contract.first(Role.ASSET)]
    limits = [[c.name, c.low, c.high] for c in contract.columns]
    rows = [list(contract.key), list(contract.relations), contract.regime]
    return f"scan/{version.digest}/{roles}/{limits}/{rows}"
