"""One file that brings the workspace back: consistent while others write, and read back before it counts."""

import hashlib
import json
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from diapason.engines.evidence.chain import link
from diapason.errors import BrokenEvidence, Conflict, NotFound
from diapason.ports import find
from diapason.ports.disk import guarded, settle
from diapason.ports.lake import Lake
from diapason.ports.ledger import Ledger
from diapason.ports.vault import Vault
from diapason.ports.workspace import Workspace
from diapason.services.workspace.layout import FORMAT, MARKER
from diapason.vocabulary.language import Text
from diapason.vocabulary.tables import VersionRef

__all__ = ["MANIFEST", "backup", "contents", "copied", "damaged"]

MANIFEST = "manifest.json"
_TRIES = 3
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, KeyError, TypeError, NotImplementedError, RuntimeError),
)
"""What reading a damaged archive can raise."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE = 1 << 20


def backup(ws: Workspace, target: Path | None = None, *, with_keys: bool = False) -> dict[str, Any]:
    """Write everything that the ledger knows at this moment into one file, and read the file back.

    Args:
        target: a file that does not exist yet; default NAME-DATE-TIME.backup in the current folder.
        with_keys: private keys too; without them whoever restores must bring them or make new ones.

    Returns:
        file, bytes, sha256, entries, head, datasets, with_keys.

    Raises:
        Conflict: the file exists, or the disk is full.
        BrokenEvidence: something in the workspace is damaged; see doctor.
    """
    at = ws.clock().astimezone(UTC)
    path = (target or Path(f"{ws.name}-{at:%Y%m%d-%H%M%S}.backup")).expanduser().resolve()
    if path.exists():
        raise Conflict(
            Text(f"{path.name} exists already", f"{path.name} 已存在"),
            at=str(path),
            fix=Text("choose another name; a backup is never written over", "请另取文件名；备份不会被覆盖"),
        )
    facts: dict[str, Any] = {"format": FORMAT, "workspace": ws.name, "at": at.isoformat(), "with_keys": with_keys}
    with guarded(path), tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as aside:
        new = Path(aside) / "new.backup"
        facts |= _written(ws, Path(aside), new, facts)
        contents(new)
        sha256, size = _sha256(new), new.stat().st_size
        if path.exists():
            raise Conflict(Text(f"{path.name} exists already", f"{path.name} 已存在"), at=str(path))
        new.replace(path)
        settle(path.parent)
    said = {"file": path.name, "sha256": sha256, **{k: facts[k] for k in ("entries", "head", "with_keys")}}
    ws.ledger.append("backup", subject=ws.name, body=said)
    return said | {"file": str(path), "bytes": size, "datasets": facts["datasets"]}


def contents(path: Path) -> dict[str, Any]:
    """The manifest of a backup, after every member was read and found to be what the manifest says.

    Raises:
        BrokenEvidence: the file is cut off, changed, or no backup.
    """
    try:
        with zipfile.ZipFile(path) as box:
            said: dict[str, Any] = json.loads(box.read(MANIFEST))
            _same(path, box, said["members"])
    except _UNREADABLE as error:
        raise damaged(path, str(error)) from error
    return said


def _same(path: Path, box: zipfile.ZipFile, members: Mapping[str, str]) -> None:
    odd = [info.filename for info in box.infolist() if info.compress_type not in _METHODS]
    if odd or sorted(box.namelist()) != sorted([*members, MANIFEST]):
        raise damaged(path, "members")
    for name, sha256 in members.items():
        with box.open(name) as source:
            if copied(source, None) != sha256:
                raise damaged(path, name)


def copied(source: IO[bytes], target: IO[bytes] | None) -> str:
    """Copy a stream piece by piece; returns the sha256 of what went through."""
    found = hashlib.sha256()
    while piece := source.read(_PIECE):
        found.update(piece)
        if target is not None:
            target.write(piece)
    return found.hexdigest()


def damaged(path: Path, what: str) -> BrokenEvidence:
    """The error for a backup that is not what it was."""
    return BrokenEvidence(
        Text(f"this backup is damaged, or is none: {what}", f"该备份已损坏，或不是备份：{what}"),
        at=str(path),
        fix=Text("take another backup", "请换用另一份备份"),
    )


def _written(ws: Workspace, aside: Path, new: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Write the archive; begin again where something was deleted while it was read."""
    for attempt in range(_TRIES):
        try:
            return _attempt(ws, aside / str(attempt), new, facts)
        except (FileNotFoundError, NotFound):
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("the loop returns or raises")


def _attempt(ws: Workspace, aside: Path, new: Path, facts: dict[str, Any]) -> dict[str, Any]:
    aside.mkdir()
    ws.ledger.snapshot(aside / "ledger.db")
    then: Ledger = find("stores", "ledger")(aside / "ledger.db", link=link)
    with closing(then), new.open("wb") as file:
        entries, head = then.check(), then.head()[1]
        lake: Lake = find("stores", "lake")(ws.folder / "lake", then)
        said = facts | {"entries": entries, "head": head, "datasets": [str(v) for v in _versions(lake)]}
        with zipfile.ZipFile(file, "w", allowZip64=True) as box:
            members = dict(_added(box, s) for s in _sources(ws, lake, with_keys=facts["with_keys"]))
            then.close()
            members |= [_added(box, _file("ledger.db", aside / "ledger.db"))]
            box.writestr(MANIFEST, json.dumps(said | {"members": members}, ensure_ascii=False, indent=1))
        file.flush()
        os.fsync(file.fileno())
    return said


def _versions(lake: Lake) -> Iterator[VersionRef]:
    for name in lake.datasets():
        yield lake.versions(name)[-1].ref


@dataclass(frozen=True, slots=True)
class _Source:
    """One member: its name in the archive, how to open it, and what its sha256 must be, if that is known."""

    name: str
    open: Callable[[], IO[bytes]]
    sha256: str = ""


def _file(name: str, path: Path, sha256: str = "") -> _Source:
    return _Source(name, lambda: path.open("rb"), sha256)


def _sources(ws: Workspace, lake: Lake, *, with_keys: bool) -> Iterator[_Source]:
    """Everything but the ledger."""
    endings = ("*.pub", "*.pem") if with_keys else ("*.pub",)
    paths = [ws.folder / MARKER, *sorted((ws.folder / "contracts").glob("*.yaml"))]
    paths += sorted((ws.folder / "connections").glob("*.toml"))
    paths += [path for ending in endings for path in sorted((ws.folder / "keys").rglob(ending))]
    known = [(path, "") for path in paths] + list(lake.files())
    yield from (_file(path.relative_to(ws.folder).as_posix(), path, sha256) for path, sha256 in known)
    for digest in list(ws.vault.digests()):
        yield _Source(f"vault/{digest}", partial(_blob, ws.vault, digest), digest)
    keys = json.dumps(dict(ws.vault.remembered()), ensure_ascii=False).encode()
    yield _Source("vault.json", partial(BytesIO, keys))


def _blob(vault: Vault, digest: str) -> IO[bytes]:
    return BytesIO(vault.get(digest))


def _added(box: zipfile.ZipFile, source: _Source) -> tuple[str, str]:
    """Put a member into the archive; returns its name and sha256."""
    packed = source.name.startswith("vault/") or source.name.endswith(".parquet")
    info = zipfile.ZipInfo(source.name)
    info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    with source.open() as data, box.open(info, "w", force_zip64=True) as member:
        sha256 = copied(data, member)
    if source.sha256 and sha256 != source.sha256:
        raise BrokenEvidence(
            Text("this file is not what was committed", "该文件与提交时不符"),
            at=source.name,
            fix=Text(
                "see diapason doctor; a damaged workspace is not saved", "请查看 diapason doctor；受损的工作区不予备份"
            ),
        )
    return source.name, sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return copied(file, None)
