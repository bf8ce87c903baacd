"""An agent's identity as other systems read it: a did:key document, and an A2A agent card signed as a JWS."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from diapason.engines.evidence.canonical import canonical
from diapason.errors import BrokenEvidence
from diapason.ports.workspace import Workspace
from diapason.services.agent.checks import decision_class
from diapason.services.agent.registry import Registered, registered, signer
from diapason.vocabulary.acting import Permission, Right
from diapason.vocabulary.language import Text

__all__ = ["A2A", "card", "did", "document", "verified"]

A2A = "1.0"
"""Version of the A2A protocol whose AgentCard is written."""

_ED25519 = b"\xed\x01"
_SIGNS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def did(public: bytes) -> str:
    """The did:key of an Ed25519 key: its identity, which nobody has to hand out.

    >>> did(bytes(32))[:15]
    'did:key:z6MkeTG'

    Source: W3C CCG, did:key method; multicodec ed25519-pub.
    """
    return f"did:key:z{_base58(_ED25519 + public)}"


def document(ws: Workspace, name: str) -> dict[str, Any]:
    """The DID document of an agent: its key, who controls it, until when, and where the ledger says so.

    Raises:
        NotFound: nobody registered it.
    """
    one = registered(ws, name)
    public = bytes.fromhex(str(one.said["public"]))
    me, way = did(public), _base58(_ED25519 + public)
    method = f"{me}#z{way}"
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": me,
        "verificationMethod": [{"id": method, "type": "Multikey", "controller": me, "publicKeyMultibase": f"z{way}"}],
        "authentication": [method],
        "assertionMethod": [method],
        "alsoKnownAs": [f"urn:diapason:agent:{one.ref}"],
        "diapason": {
            "name": one.ref,
            "keyid": one.manifest.keyid,
            "owner": one.manifest.owner,
            "expires": one.manifest.expires,
            "state": one.state,
            "registered": {"seq": one.entry.seq, "hash": one.entry.hash, "at": one.entry.at},
        },
    }


def card(ws: Workspace, name: str, *, url: str = "http://127.0.0.1:8790/") -> dict[str, Any]:
    """The A2A agent card, signed with the agent's own key.

    Args:
        url: where its JSON-RPC interface answers.

    Raises:
        NotFound: nobody registered it.
        Missing: the agent's private key is not here.

    Source: A2A protocol 1.0, AgentCard; signature as JWS (RFC 7515) over canonical JSON (RFC 8785) without signatures.
    """
    one = registered(ws, name)
    made = _card(ws, one, url)
    key = signer(ws, one.manifest.name)
    header = {"alg": "EdDSA", "typ": "JOSE", "kid": did(key.public)}
    protected = _url(json.dumps(header, separators=(",", ":")).encode())
    signature = _url(key.sign(f"{protected}.{_url(canonical(made))}".encode()))
    return made | {"signatures": [{"protected": protected, "signature": signature}]}


def verified(said: Mapping[str, Any], public: bytes) -> bool:
    """Whether a card was signed by this key.

    Raises:
        BrokenEvidence: it has no readable signature.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        one = said["signatures"][0]
        text = canonical({k: v for k, v in said.items() if k != "signatures"})
        signature = base64.urlsafe_b64decode(one["signature"] + "=" * (-len(one["signature"]) % 4))
        signed = f"{one['protected']}.{_url(text)}".encode()
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BrokenEvidence(Text("the card has no readable signature", "名片没有可读的签名")) from error
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _card(ws: Workspace, one: Registered, url: str) -> dict[str, Any]:
    m = one.manifest
    doing = f"with {m.model}" if m.model else "by rules"
    return {
        "name": m.name,
        "description": f"Watches {m.asset} {doing}; answers with evidence and moves nothing that it may not.",
        "supportedInterfaces": [{"url": url, "protocolBinding": "JSONRPC", "protocolVersion": A2A}],
        "provider": {"organization": ws.name, "url": url},
        "version": str(m.version),
        "capabilities": {
            "streaming": False,
            "pushNotifications": False,
            "extensions": [_extension(one)],
        },
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/plain", "application/json"],
        "skills": [_ASK, *([_propose(m.permissions)] if any(p.right is not Right.READ for p in m.permissions) else [])],
    }


def _extension(one: Registered) -> dict[str, Any]:
    """What A2A has no word for: owner, last day, grade, rights with their decision class."""
    m = one.manifest
    rights = [
        {"right": p.right.value, "asset": p.asset, "tag": p.tag, "class": decision_class(p)} for p in m.permissions
    ]
    return {
        "uri": "urn:diapason:extension:registered-agent:v1",
        "description": "Who answers for it, until when, its grade and its rights",
        "params": {
            "id": did(bytes.fromhex(str(one.said["public"]))),
            "owner": m.owner,
            "expires": m.expires,
            "grade": m.grade or "not qualified",
            "manifest": str(one.said["digest"]),
            "rights": rights,
        },
    }


_ASK = {
    "id": "ask",
    "name": "Answer questions about the plant",
    "description": "Numbers from recorded data, recomputed, each with its source; abstains or asks back otherwise.",
    "tags": ["readings", "status", "faults", "evidence"],
    "examples": ["What was the highest TIC-201.PV on 2026-03-02?", "2026年3月2日 TIC-201.PV 的平均值是多少？"],
    "inputModes": ["text/plain"],
    "outputModes": ["text/plain", "application/json"],
}


def _propose(permissions: tuple[Permission, ...]) -> dict[str, Any]:
    tags = sorted({p.tag for p in permissions if p.right is not Right.READ})
    return {
        "id": "propose",
        "name": "Propose a change of a set point",
        "description": "A proposal inside the envelope, for a person or the gateway to judge; never a write by itself.",
        "tags": tags,
        "inputModes": ["application/json"],
        "outputModes": ["application/json"],
    }


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _SIGNS[rest] + text
    return _SIGNS[0] * (len(data) - len(data.lstrip(b"\0"))) + text
