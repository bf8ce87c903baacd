"""An incident for others to learn from: the same schema, no names of people, evidence by its digest."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from diapason.errors import DataError
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.incident.record import Record, decoded, encoded
from diapason.services.incident.viewing import found
from diapason.services.incident.writing import signed
from diapason.services.workspace import people, require
from diapason.vocabulary.language import Text

__all__ = ["export"]


def export(ws: Workspace, number: str, to: Path) -> dict[str, Any]:
    """Write a record to share; checked by the schema before it is written, and noted in the ledger by its digest.

    People of this workspace become person-1, person-2, …, in the texts too; the owner is left out. Names of others that
    somebody wrote into a text can't be known: read the file before you send it.

    Returns:
        file, sha256, replaced (how often a name was taken out), seq.

    Raises:
        NotFound: no such incident.
        Refused: who acts is neither approver nor administrator.
    """
    require(ws, "approver", "administrator")
    record = found(ws, number)
    names = list(people(ws))
    shared, replaced = _nameless(record, names)
    data = encoded(shared)
    left = [n for n in names if _pattern(n).search(data.decode())]
    if decoded(data, at=str(to)) != shared or left:
        raise DataError(Text("a name could not be taken out", "有姓名无法去除"), at=str(to), fix=", ".join(left))
    write_whole(to, data)
    digest = sha256(data).hexdigest()
    seq = signed(ws, record.id, {"act": "export", "sha256": digest, "file": to.name})
    return {"id": record.id, "file": str(to), "sha256": digest, "replaced": replaced, "seq": seq}


def _nameless(record: Record, names: list[str]) -> tuple[Record, int]:
    count = 0

    def plain(text: str) -> str:
        nonlocal count
        for i, name in enumerate(names, 1):
            text, n = _pattern(name).subn(f"person-{i}", text)
            count += n
        return text

    stamps = tuple(msgspec.structs.replace(s, by=plain(s.by), text=plain(s.text)) for s in record.stamps)
    return msgspec.structs.replace(record, what=plain(record.what), stamps=stamps, owner=""), count


def _pattern(name: str) -> re.Pattern[str]:
    """A name as a word of its own; one of Chinese characters anywhere."""
    word = re.escape(name)
    return re.compile(rf"(?<![\w-]){word}(?![\w-])" if name.isascii() else word, re.IGNORECASE)
