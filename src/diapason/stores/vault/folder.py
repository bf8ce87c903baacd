"""Blobs as files; a file is written aside, synced and renamed, so that it is whole or absent."""

import json
import re
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from diapason.errors import BrokenEvidence, NotFound
from diapason.ports.disk import guarded, write_whole
from diapason.vocabulary.language import Text

__all__ = ["FolderVault"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_STALE = 3600.0
"""Seconds after which a half-written file has surely lost its writer."""


class FolderVault:
    """Implements `ports.vault.Vault`: `blobs/ab/ab12…` holds bytes, `keys/cd/cd34….json` what a key stands for."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._blobs, self._keys = self.folder / "blobs", self.folder / "keys"

    def put(self, data: bytes) -> str:
        """Store bytes; returns the sha256 in hex. A damaged copy that is there already is mended."""
        digest = sha256(data).hexdigest()
        path = self._blob(digest)
        with guarded(path):
            if not (path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data):
                write_whole(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes; raises BrokenEvidence if they are no longer what the digest says, NotFound if absent."""
        path = self.path(digest)
        with guarded(path):
            data = path.read_bytes()
        if sha256(data).hexdigest() != digest:
            raise BrokenEvidence(
                Text("these bytes are not what their digest says", "内容与摘要不符"),
                at=str(path),
                fix=Text("run again what made them, or bring back a backup", "请重新运行产生它的步骤，或从备份恢复"),
            )
        return data

    def path(self, digest: str) -> Path:
        """The file, for readers that need one; raises NotFound if absent. Its bytes are not checked here."""
        path = self._blob(digest) if _DIGEST.fullmatch(digest) else None
        if path is None or not path.is_file():
            raise NotFound(
                Text(f"the vault has no {digest[:64]!r}", f"存储库中没有 {digest[:64]!r}"),
                at=str(self.folder),
                fix=Text("it was forgotten, or comes from another workspace", "它已被删除，或来自其他工作区"),
            )
        return path

    def remember(self, key: str, digest: str) -> None:
        """Let `key` (any text) stand for a digest; the last one wins. Raises NotFound if the bytes are absent."""
        self.path(digest)
        write_whole(self._key(key), json.dumps({"key": key, "digest": digest}).encode())

    def recall(self, key: str) -> str | None:
        """The digest that `key` stands for, if its bytes are present."""
        kept = _read(self._key(key))
        return kept[1] if kept and kept[0] == key and self._blob(kept[1]).is_file() else None

    def erase(self, digest: str) -> None:
        """Really delete the bytes and every key that stands for them."""
        self.path(digest).unlink()
        for path in self._key_files():
            kept = _read(path)
            if kept and kept[1] == digest:
                path.unlink(missing_ok=True)

    def digests(self) -> Iterator[str]:
        """All digests present."""
        for folder in sorted(self._blobs.glob("??")):
            yield from sorted(p.name for p in folder.iterdir() if _DIGEST.fullmatch(p.name))

    def remembered(self) -> Iterator[tuple[str, str]]:
        """All keys with the digests they stand for."""
        yield from (kept for kept in map(_read, self._key_files()) if kept)

    def check(self) -> Iterator[Text]:
        """Complaints: blobs that are not what their digest says, keys that can't be read."""
        for digest in self.digests():
            if not _holds(self._blob(digest), digest):
                yield Text(
                    f"vault: the bytes of {digest} are not what their digest says", f"存储库：{digest} 的内容与摘要不符"
                )
        for path in self._key_files():
            if _read(path) is None:
                yield Text(f"vault: the key file {path.name} cannot be read", f"存储库：键文件 {path.name} 无法读取")

    def tidy(self, older: float = _STALE) -> tuple[str, ...]:
        """Remove what a killed writer left half-written; returns what was done, in words."""
        left = [p for p in self.folder.rglob(".*.new") if _age(p) > older]
        for path in left:
            path.unlink(missing_ok=True)
        return tuple(f"removed the half-written {path.relative_to(self.folder)}" for path in left)

    def _blob(self, digest: str) -> Path:
        return self._blobs / digest[:2] / digest

    def _key(self, key: str) -> Path:
        name = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return self._keys / name[:2] / f"{name}.json"

    def _key_files(self) -> Iterator[Path]:
        yield from sorted(p for p in self._keys.glob("??/*.json") if not p.name.startswith("."))


def _read(path: Path) -> tuple[str, str] | None:
    """Key and digest, or None where the file is absent or damaged."""
    try:
        kept = json.loads(path.read_bytes())
        key, digest = kept["key"], kept["digest"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (key, digest) if isinstance(key, str) and _DIGEST.fullmatch(str(digest)) else None


def _holds(path: Path, digest: str) -> bool:
    found = sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                found.update(piece)
    except FileNotFoundError:
        return True  # forgotten by another process since it was listed
    return found.hexdigest() == digest


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
