"""Bring a workspace back from its backup: into a new folder, whole or not at all."""

import json
import os
import re
import shutil
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

from diapason.errors import BrokenEvidence, Conflict, NotFound
from diapason.ports.disk import guarded, settle, turn, write_whole
from diapason.services.workspace.layout import Stores, place, settings, stores
from diapason.services.workspace.opening import birth, own_key
from diapason.services.workspace.saving import contents, copied, damaged
from diapason.vocabulary.language import Text

__all__ = ["restore"]

_ALLOWED = re.compile(
    r"diapason\.toml|ledger\.db|vault\.json|vault/[0-9a-f]{64}|contracts/[^/\\:]+\.yaml"
    r"|keys/(people/)?[^/\\:]+\.(pub|pem)|lake/[^/\\:]+/(_delta_log/\d{20}\.json|[^/\\:]+\.parquet)"
)
"""The members that a backup can have; nothing that points elsewhere."""


def restore(file: Path, folder: Path, *, new_key: bool = False) -> dict[str, Any]:
    """Make a workspace in a new folder from a backup, after every byte of it was checked.

    Args:
        folder: must not exist, or be empty.
        new_key: give the workspace another key; needed where the backup has no private one and it is kept nowhere.

    Returns:
        name, folder, entries, datasets, able (whether it can sign).

    Raises:
        Conflict: the folder holds something.
        BrokenEvidence: the backup is damaged.
        NotFound: there is no such file.
    """
    path, target = Path(file).expanduser().resolve(), place(folder)
    if not path.is_file():
        raise NotFound(
            Text(f"there is no file {path.name}", f"没有文件 {path.name}"),
            at=str(path),
            fix=Text("name the file that diapason backup wrote", "请指定 diapason backup 写出的文件"),
        )
    said = contents(path)
    odd = [name for name in said["members"] if not _ALLOWED.fullmatch(name) or "/.." in name]
    if odd:
        raise damaged(path, odd[0])
    with guarded(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.restoring")
    with turn(aside.with_name(f"{aside.name}.lock"), wait=30), guarded(target):
        _only_into_nothing(target)
        shutil.rmtree(aside, ignore_errors=True)
        try:
            aside.mkdir()
            able = _filled(aside, path, said, new_key=new_key)
            if target.exists():
                target.rmdir()
            aside.rename(target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        settle(target.parent)
    aside.with_name(f"{aside.name}.lock").unlink(missing_ok=True)
    facts = {key: said[key] for key in ("entries", "datasets")}
    return {"name": said["workspace"], "folder": str(target), **facts, "able": able}


def _only_into_nothing(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(
            Text(
                f"{target.name} holds something; nothing is ever restored over it", f"{target.name} 非空，不会覆盖恢复"
            ),
            at=str(target),
            fix=Text("name a new folder", "请指定新文件夹"),
        )


def _filled(folder: Path, path: Path, said: dict[str, Any], *, new_key: bool) -> bool:
    """Unpack, check chain, lake and vault; returns whether the workspace can sign."""
    with zipfile.ZipFile(path) as box:
        for name, sha256 in said["members"].items():
            if name != "vault.json" and not name.startswith("vault/"):
                _unpacked(box, name, folder / name, sha256)
        settings(folder)
        made = stores(folder)
        with closing(made.ledger):
            _vault_filled(made, box, said["members"])
            if (made.ledger.check(), made.ledger.head()[1]) != (said["entries"], said["head"]):
                raise damaged(path, "ledger.db")
            made.lake.reconcile()
            wrong = next(iter([*made.lake.check(), *made.vault.check()]), None)
            if wrong is not None:
                raise BrokenEvidence(wrong, at=str(path), fix=Text("take another backup", "请换用另一份备份"))
            if new_key:
                _rekeyed(made)
            for part in ("contracts", "lake", "vault"):
                (folder / part).mkdir(exist_ok=True)
            return bool(own_key(made).able)


def _unpacked(box: zipfile.ZipFile, name: str, target: Path, sha256: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with box.open(name) as source:
        if target.suffix == ".pem":
            write_whole(target, source.read(), private=True)
            return
        with target.open("wb") as file:
            if copied(source, file) != sha256:
                raise damaged(target, name)
            file.flush()
            os.fsync(file.fileno())


def _vault_filled(made: Stores, box: zipfile.ZipFile, members: dict[str, str]) -> None:
    for name in members:
        if name.startswith("vault/"):
            made.vault.put(box.read(name))
    for key, digest in json.loads(box.read("vault.json")).items():
        if f"vault/{digest}" in members:
            made.vault.remember(key, digest)


def _rekeyed(made: Stores) -> None:
    """Another key for the workspace; what was signed before stays signed by the old one."""
    key = made.keys.make("workspace", again=True)
    body = birth(made.ledger) | {"keyid": key.keyid, "public": key.public.hex()}
    made.ledger.append("workspace", subject=str(body["name"]), body=body)
