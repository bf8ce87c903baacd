"""Signed envelopes: DSSE with Ed25519, around in-toto statements."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from diapason.engines.evidence.canonical import canonical
from diapason.errors import BrokenEvidence
from diapason.vocabulary.evidence import Statement, Subject
from diapason.vocabulary.language import Text

__all__ = ["STATEMENT", "TYPE", "checked", "fingerprint", "opened", "pae", "payload", "read", "sign", "tight", "verify"]

TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"


def pae(kind: str, payload: bytes) -> bytes:
    """The bytes that are signed.

    >>> pae("t", b"hi")
    b'DSSEv1 1 t 2 hi'

    Source: pre-authentication encoding, DSSE v1.
    """
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def fingerprint(public: bytes) -> str:
    """The key id: sha256 of the raw public key, in hex."""
    return sha256(public).hexdigest()


def sign(statement: Statement, keyid: str, signer: Callable[[bytes], bytes]) -> dict[str, Any]:
    """The envelope of a statement, signed by `signer` (bytes in, 64 bytes out)."""
    text = canonical(_in_toto(statement))
    signature = base64.b64encode(signer(pae(TYPE, text))).decode()
    return {
        "payload": base64.b64encode(text).decode(),
        "payloadType": TYPE,
        "signatures": [{"keyid": keyid, "sig": signature}],
    }


def opened(envelope: Mapping[str, Any]) -> Statement:
    """The statement inside, whoever signed it.

    Raises:
        BrokenEvidence: it isn't an in-toto statement v1 in a DSSE envelope.
    """
    return read(payload(envelope))


def payload(envelope: Mapping[str, Any]) -> bytes:
    """The bytes inside; raises BrokenEvidence where it is no envelope of a statement."""
    try:
        if envelope["payloadType"] == TYPE:
            return base64.b64decode(envelope["payload"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise _broken("not a DSSE envelope", "不是 DSSE 信封") from error
    raise _broken("an envelope of another type", "信封类型不符")


def read(text: bytes) -> Statement:
    """A statement from its JSON bytes; raises BrokenEvidence where they are none."""
    try:
        found = json.loads(text)
        subjects = tuple(Subject(s["name"], s["digest"]["sha256"]) for s in found["subject"])
        if found["_type"] == STATEMENT and isinstance(found["predicate"], dict):
            return Statement(subjects, found["predicateType"], found["predicate"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _broken("not an in-toto statement", "不是 in-toto 声明") from error
    raise _broken("not an in-toto statement v1", "不是 in-toto v1 声明")


def verify(envelope: Mapping[str, Any], keys: Mapping[str, bytes]) -> str:
    """The id of the key that signed it, out of `keys` (id to 32 raw bytes).

    Raises:
        BrokenEvidence: none of these keys signed these bytes.
    """
    return checked(envelope, keys)[0]


def checked(envelope: Mapping[str, Any], keys: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The id of the key that signed it, and the bytes that it signed; raises as `verify` does."""
    said = payload(envelope)
    signed = pae(TYPE, said)
    for keyid, signature in _signatures(envelope):
        if keyid in keys and _right(keys[keyid], signature, signed):
            return keyid, said
    raise _broken("signed by none of the given keys", "签名与给定密钥不符")


def tight(envelope: Mapping[str, Any]) -> bool:
    """Whether nothing in it is free: one signature, no other fields, base64 without spare bits."""
    only = set(envelope) == {"payload", "payloadType", "signatures"} and len(envelope["signatures"]) == 1
    if not only or set(envelope["signatures"][0]) != {"keyid", "sig"}:
        return False
    texts = (envelope["payload"], envelope["signatures"][0]["sig"])
    return all(base64.b64encode(base64.b64decode(t)).decode() == t for t in texts)


def _right(public: bytes, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _in_toto(statement: Statement) -> dict[str, Any]:
    return {
        "_type": STATEMENT,
        "subject": [{"name": s.name, "digest": {"sha256": s.sha256}} for s in statement.subjects],
        "predicateType": statement.predicate_type,
        "predicate": statement.predicate,
    }


def _signatures(envelope: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    try:
        return [(str(s["keyid"]), base64.b64decode(s["sig"], validate=True)) for s in envelope["signatures"]]
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise _broken("without a readable signature", "没有可读的签名") from error


def _broken(en: str, zh: str) -> BrokenEvidence:
    return BrokenEvidence(
        Text(f"this is {en}", f"该内容{zh}"), fix=Text("do not trust it; ask for the original", "请勿采信，索取原件")
    )
