"""Where things lie in a workspace, and the stores that hold them."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diapason.engines.evidence.chain import link
from diapason.errors import BrokenEvidence, DataError, Missing, NotFound
from diapason.ports import find
from diapason.ports.lake import Lake
from diapason.ports.ledger import Ledger
from diapason.ports.vault import Vault
from diapason.vocabulary.language import Text

__all__ = ["FORMAT", "MARKER", "PARTS", "Stores", "emptied", "home", "place", "settings", "settings_text", "stores"]

FORMAT = 1
"""Version of this layout."""
MARKER = "diapason.toml"
"""The file that makes a folder a workspace; written last."""
PARTS = ("ledger.db", "ledger.db-wal", "ledger.db-shm", "lake", "vault", "keys", "contracts", "connections", "spool")
"""What else a workspace consists of."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one folder, found by name."""

    lake: Lake
    vault: Vault
    ledger: Ledger
    keys: Any


def stores(folder: Path) -> Stores:
    """Open the stores of a folder.

    Raises:
        BrokenEvidence: the folder is a workspace that has lost its ledger.
    """
    if (folder / MARKER).exists() and not (folder / "ledger.db").exists():
        raise emptied(folder)
    ledger = find("stores", "ledger")(folder / "ledger.db", link=link)
    lake = find("stores", "lake")(folder / "lake", ledger)
    return Stores(lake, find("stores", "vault")(folder / "vault"), ledger, find("stores", "keys")(folder / "keys"))


def place(folder: Path) -> Path:
    """The folder as an absolute path that every part of the system can take.

    Raises:
        DataError: it contains a percent sign before two hexadecimal digits, which the table format reads as an escape.
    """
    path = Path(folder).expanduser().resolve()
    if re.search(r"%[0-9A-Fa-f]{2}", str(path)):
        raise DataError(
            Text("a path with % and two digits cannot hold tables", "路径中含“%加两位十六进制数”，无法存放数据表"),
            at=str(path),
            fix=Text("choose another folder", "请另选文件夹"),
        )
    return path


def home(folder: Path) -> Path:
    """The workspace that this folder is, or lies in.

    Raises:
        NotFound: none up to the root.
    """
    start = place(folder)
    for above in (start, *start.parents):
        if (above / MARKER).is_file():
            return above
    raise NotFound(
        Text("no workspace here or above", "此处及上级文件夹都不是工作区"),
        at=str(start),
        fix=Text(
            "make one: diapason init plant-a; or name it: -w FOLDER", "新建：diapason init plant-a；或指定：-w 文件夹"
        ),
    )


def settings(folder: Path) -> dict[str, Any]:
    """What diapason.toml says.

    Raises:
        DataError: it is not TOML, or `name` or `person` are absent.
        Missing: a newer Diapason made this workspace.
    """
    path = folder / MARKER
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise _unread(path, str(error)) from error
    for key in ("name", "person"):
        if not isinstance(said.get(key), str) or not said[key]:
            raise _unread(path, f'{key} = "…" is absent')
    if not isinstance(said.get("format"), int) or said["format"] > FORMAT:
        raise Missing(
            Text(f"this workspace has format {said.get('format')}", f"该工作区的格式为 {said.get('format')}"),
            at=str(path),
            fix=Text("install the newer Diapason", "请安装更新的版本"),
        )
    return said


def settings_text(said: Mapping[str, Any]) -> bytes:
    """The file diapason.toml; its texts are quoted as TOML and JSON agree to."""
    lines = [
        "# Made by diapason init. You may edit person and threads.",
        *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in said.items() if key != "workers"),
        "",
        "[workers]",
        f"threads = {said['workers']['threads']}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _unread(path: Path, why: str) -> DataError:
    return DataError(
        Text(f"the settings cannot be read: {why}", f"设置无法读取：{why}"),
        at=str(path),
        fix=Text(
            'mend the file; it needs format = 1, name = "…", person = "…"',
            '请修正该文件；其中须有 format = 1、name = "…"、person = "…"',
        ),
    )


def emptied(folder: Path) -> BrokenEvidence:
    """The error for a ledger without its first entry."""
    return BrokenEvidence(
        Text("the ledger is gone, or empty", "账本缺失或为空"),
        at=str(folder / "ledger.db"),
        fix=Text("bring back the newest backup: diapason restore", "请恢复最近的备份：diapason restore"),
    )
