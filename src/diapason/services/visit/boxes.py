"""Signed boxes that travel between two companies: every byte is listed, the list is signed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from diapason.engines.evidence import bundle, container, dsse
from diapason.engines.evidence.canonical import canonical
from diapason.errors import BrokenEvidence, NotFound
from diapason.ports.disk import guarded
from diapason.ports.workspace import Signer
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text

__all__ = ["RELEASE", "VISIT", "Box", "box", "file_bytes", "opened"]

VISIT = "urn:diapason:predicate:visit:v1"
RELEASE = "urn:diapason:predicate:visit-release:v1"

_MANIFEST, _KEYS = "manifest.json", "keys.json"


@dataclass(frozen=True, slots=True)
class Box:
    """A box whose every byte is what its signer listed."""

    keyid: str
    public: bytes
    facts: Mapping[str, Any]
    members: Mapping[str, bytes]
    digest: str  # of the whole file


def box(kind: str, members: Mapping[str, bytes], facts: Mapping[str, Any], signer: Signer) -> bytes:
    """The bytes of a box: members, the signer's public key, and the signed list of all."""
    own = canonical({signer.keyid: signer.public.hex()})
    listed = tuple(Subject(n, sha256(data).hexdigest()) for n, data in {**members, _KEYS: own}.items())
    signed = canonical(dsse.sign(Statement(listed, kind, facts), signer.keyid, signer.sign))
    return b"".join(container.pack([*members.items(), (_KEYS, own), (_MANIFEST, signed)]))


def opened(data: bytes, kind: str, at: str) -> Box:
    """A box, if it is whole and of that kind; whose key it is the caller must know.

    Raises:
        BrokenEvidence: a byte is not what was signed.
    """
    try:
        members = container.unpack(data)
        keys = {str(k): bytes.fromhex(v) for k, v in json.loads(members.pop(_KEYS)).items()}
        signed = members.pop(_MANIFEST)
        keyid, statement = bundle.signed_by(signed, keys, kind)
        public = keys[keyid]
    except bundle.MALFORMED as error:
        raise _broken("its lists can't be read", "清单无法读取", at) from error
    except BrokenEvidence as error:
        raise _broken(str(error.what), str(getattr(error.what, "zh", error.what)), at) from error
    own = canonical({keyid: public.hex()})
    found = [(n, sha256(d).hexdigest()) for n, d in {**members, _KEYS: own}.items()]
    if dsse.fingerprint(public) != keyid or len(keys) != 1:
        raise _broken("its key is not the one stated", "其密钥与所述不符", at)
    if found != [(s.name, s.sha256) for s in statement.subjects]:
        raise _broken("a member is not the one that was signed", "有成员与签名时不同", at)
    return Box(keyid, public, statement.predicate, members, sha256(data).hexdigest())


def file_bytes(path: Path, make: Text | str) -> bytes:
    """The bytes of a file that should be there.

    Raises:
        NotFound: it is not.
    """
    with guarded(path):
        if path.is_file():
            return path.read_bytes()
    raise NotFound(Text(f"there is no file {path.name}", f"没有文件 {path.name}"), at=str(path), fix=make)


def _broken(en: str, zh: str, at: str) -> BrokenEvidence:
    return BrokenEvidence(
        Text(f"this file is not as it was signed: {en}", f"文件与签名时不同：{zh}"),
        at=at,
        fix=Text("do not use it; ask the other side to send it again", "请勿使用，请对方重新发送"),
    )
