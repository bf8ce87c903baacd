"""Proposals as bytes: what the ledger keeps, what an agent signs, and the digest that a person approves."""

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from diapason.engines.evidence.canonical import canonical, digest
from diapason.engines.evidence.dsse import fingerprint
from diapason.ports.workspace import Signer
from diapason.vocabulary.acting import Effect, Proposal
from diapason.vocabulary.language import Text

__all__ = [
    "bytes_of",
    "digest_of",
    "proposal_from",
    "sayable",
    "signature_of",
    "signer_of_bytes",
    "tag_subject",
    "told",
]

_LONGEST = 400


def sayable(proposal: Proposal) -> bool:
    """Whether key, agent, asset and tag are texts that a ledger and a file system can hold."""
    names = (proposal.key, proposal.agent, proposal.asset, proposal.tag)
    return all(type(n) is str and 0 < len(n) <= _LONGEST and encodes(n) and "\0" not in n for n in names)


def told(proposal: Proposal) -> dict[str, Any]:
    """A proposal as plain values; what JSON or a ledger can't hold is kept by its spelling, marked "odd"."""
    return {f.name: _told(getattr(proposal, f.name)) for f in fields(Proposal)}


def _told(value: Any) -> Any:
    if value is None or type(value) is bool:
        return value
    if type(value) is str:
        return value if len(value) <= _LONGEST and encodes(value) else _odd(value)
    if type(value) is int:
        return value if abs(value) < 2**53 else _odd(value)
    if type(value) is float:
        return value if math.isfinite(value) else _odd(value)
    if isinstance(value, Text | Effect):
        return {f.name: _told(getattr(value, f.name)) for f in fields(value)}
    return _odd(value)


def _odd(value: Any) -> dict[str, str]:
    spelled = hex(value) if type(value) is int else ascii(value)
    short = spelled[:80]
    return {"odd": type(value).__name__, "as": short, "sha256": sha256(spelled.encode()).hexdigest()}


def encodes(value: str) -> bool:
    """Whether a text has no half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def digest_of(proposal: Proposal) -> str:
    """sha256 of the canonical bytes of a proposal, in hex: what an approval is bound to."""
    return digest(told(proposal))


def bytes_of(proposal: Proposal) -> bytes:
    """What an agent's key signs: the canonical bytes, under a name of their own."""
    return b"diapason-proposal-v1\n" + canonical(told(proposal))


def signature_of(proposal: Proposal, key: Signer) -> str:
    """The agent's signature under a proposal: its public key and the signature, in one text."""
    signed = base64.b64encode(key.sign(bytes_of(proposal))).decode()
    return f"{key.public.hex()}:{signed}"


def signer_of_bytes(data: bytes, signature: str) -> str:
    """The id of the key that signed these bytes, "" where none did."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public, _, signed = signature.partition(":")
        raw = bytes.fromhex(public)
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(signed, validate=True), data)
    except (InvalidSignature, ValueError, TypeError, AttributeError, binascii.Error):
        return ""
    return fingerprint(raw)


def proposal_from(said: Mapping[str, Any]) -> Proposal:
    """A proposal as `told` gave it; odd values stay what they are, and the list refuses them."""
    own = dict(said)
    why = own.get("why")
    own["why"] = Text(str(why["en"]), str(why["zh"])) if isinstance(why, Mapping) and "en" in why else Text("", "")
    effect = own.get("effect")
    if isinstance(effect, Mapping) and "odd" not in effect:
        own["effect"] = Effect(**effect)
    return Proposal(**own)


def tag_subject(asset: object, tag: object) -> str:
    """How the ledger names a tag of an asset: no two pairs share one name."""
    return f"line:{_quoted(asset)}|{_quoted(tag)}"


def _quoted(name: object) -> str:
    text = name if type(name) is str and len(name) <= _LONGEST else ascii(name)[:80]
    return quote(text, safe=" -._~/", errors="backslashreplace")
