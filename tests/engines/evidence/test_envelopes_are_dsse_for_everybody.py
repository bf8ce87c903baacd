"""What we sign others verify, what others sign we verify."""

import base64
import copy

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from diapason.engines.evidence import dsse
from diapason.errors import BrokenEvidence
from diapason.vocabulary.evidence import Statement, Subject

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
KEYID = dsse.fingerprint(PUBLIC)
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
SAID = Statement((Subject("模型", "ab" * 32),), "urn:test", {"rmse": 10.5, "说": "好"})


def _theirs() -> SSlibKey:
    return SSlibKey(KEYID, "ed25519", "ed25519", {"public": PUBLIC.hex()})


def test_the_reference_library_accepts_our_envelope() -> None:
    """And our bytes to sign are its bytes to sign."""
    envelope = Envelope.from_dict(copy.deepcopy(dsse.sign(SAID, KEYID, KEY.sign)))
    assert envelope.pae() == dsse.pae(dsse.TYPE, envelope.payload)
    assert set(envelope.verify([_theirs()], 1)) == {KEYID}
    envelope.payload += b" "
    with pytest.raises(VerificationError):
        envelope.verify([_theirs()], 1)


def test_we_accept_the_envelope_of_the_reference_library() -> None:
    """Signed there, verified here."""
    ours = dsse.sign(SAID, KEYID, KEY.sign)
    envelope = Envelope(base64.b64decode(ours["payload"]), dsse.TYPE, {})
    envelope.sign(CryptoSigner(KEY, _theirs()))
    theirs = envelope.to_dict()
    assert dsse.verify(theirs, {KEYID: PUBLIC}) == KEYID
    assert dsse.opened(theirs) == SAID


SPOILED = {
    "another payload": lambda e: e.update(payload=base64.b64encode(b"{}").decode()),
    "another type": lambda e: e.update(payloadType="text/plain"),
    "no signature": lambda e: e.update(signatures=[]),
    "no base64": lambda e: e["signatures"][0].update(sig="?"),
    "a short signature": lambda e: e["signatures"][0].update(sig="AAAA"),
    "another key id": lambda e: e["signatures"][0].update(keyid="00"),
    "signatures of another shape": lambda e: e.update(signatures={"a": 1}),
    "no payload": lambda e: e.pop("payload"),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_envelope_is_refused(how: str) -> None:
    """Always as broken evidence."""
    envelope = dsse.sign(SAID, KEYID, KEY.sign)
    SPOILED[how](envelope)
    with pytest.raises(BrokenEvidence):
        dsse.verify(envelope, {KEYID: PUBLIC})


@pytest.mark.parametrize("keys", [{}, {KEYID: OTHER}, {dsse.fingerprint(OTHER): OTHER}, {KEYID: b"short"}])
def test_only_the_right_key_verifies(keys: dict[str, bytes]) -> None:
    """A key that pretends to be another doesn't."""
    with pytest.raises(BrokenEvidence):
        dsse.verify(dsse.sign(SAID, KEYID, KEY.sign), keys)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"\xff", b'{"_type":"x"}', b"[" * 100_000, b"null"])
def test_a_payload_that_is_no_statement_is_refused(payload: bytes) -> None:
    """Never a traceback."""
    with pytest.raises(BrokenEvidence):
        dsse.read(payload)
