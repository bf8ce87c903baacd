"""One spelling for every value, one root for every list, one link for every entry; as the standards say."""

import json
import math
import struct
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.engines.evidence import chain, merkle
from diapason.engines.evidence.canonical import canonical, digest
from diapason.errors import BrokenEvidence, DataError

# RFC 8785, appendix B: the bits of a double and its only spelling
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize(("bits", "spelling"), NUMBERS.items())
def test_numbers_are_spelled_as_the_standard_says(bits: str, spelling: str) -> None:
    """RFC 8785, appendix B."""
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]).decode() == spelling


def test_keys_are_sorted_by_utf16_and_texts_escaped_as_the_standard_says() -> None:
    """RFC 8785, sections 3.2.2.2 and 3.2.3."""
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert [json.loads(canonical(keys))[k] for k in json.loads(canonical(keys))] == [2, 4, 6, 7, 1, 5, 3]
    assert canonical('\u20ac$\x0f\nA\'B"\\\\"/').decode() == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


@given(JSON)
def test_what_was_written_reads_back_the_same_and_is_written_the_same(value: object) -> None:
    """Canonical bytes are JSON, and a fixed point."""
    text = canonical(value)
    assert json.loads(text, parse_int=float) == value
    assert canonical(json.loads(text)) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53 + 1, 10**400, b"bytes", {1: 2}, {1}, "\ud800", object()])
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    """With an error that says so."""
    with pytest.raises(DataError):
        canonical(value)


def _tree(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, by its definition."""
    if len(leaves) < 2:
        return sha256(b"\0" + leaves[0]).digest() if leaves else sha256(b"").digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + _tree(leaves[:k]) + _tree(leaves[k:])).digest()


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=4), max_size=70), st.data())
def test_a_row_is_proved_by_its_path_and_by_nothing_else(leaves: list[bytes], data: st.DataObject) -> None:
    """The root is that of the standard; a proof holds for its row, its place and its tree alone."""
    root = merkle.root(leaves)
    assert root == _tree(leaves).hex()
    if not leaves:
        return
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.proof(leaves, index)
    assert merkle.holds(leaves[index], index, len(leaves), path, root)
    assert not merkle.holds(leaves[index] + b"x", index, len(leaves), path, root)
    assert not merkle.holds(leaves[index], index, len(leaves), (*path, "00" * 32), root)
    assert not merkle.holds(leaves[index], len(leaves), len(leaves), path, root)
    if path:
        assert not merkle.holds(leaves[index], index, len(leaves), path[1:], root)


def _lines(count: int) -> list[chain.Line]:
    before, lines = chain.START, []
    for seq in range(1, count + 1):
        fields = {"seq": seq, "at": "t", "kind": "plan", "run": f'r"{seq}', "subject": "涡轮", "body": {"x": seq}}
        before = chain.link(before, fields)
        lines.append(chain.Line(**{**fields, "body": digest(fields["body"])}, hash=before))
    return lines


def test_the_link_is_the_digest_that_the_page_describes() -> None:
    """A stranger computes it from docs/evidence.md alone: canonical header, body by its digest, the hash before."""
    (first, second) = _lines(2)
    said = {"seq": 2, "at": "t", "kind": "plan", "run": 'r"2', "subject": "涡轮", "body": digest({"x": 2})}
    assert second.hash == sha256(canonical({**said, "before": first.hash})).hexdigest()


CHANGES: dict[str, Callable[[list[chain.Line]], object]] = {
    "an entry gone": lambda h: h.pop(2),
    "the first gone": lambda h: h.pop(0),
    "two swapped": lambda h: h.insert(1, h.pop(2)),
    "one twice": lambda h: h.insert(1, h[1]),
    "a body changed": lambda h: setattr(h[1], "body", digest({"x": 9})),
    "a run renamed": lambda h: setattr(h[3], "run", "r9"),
    "a hash changed": lambda h: setattr(h[3], "hash", "0" * 64),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_the_chain_is_seen(change: str) -> None:
    """Whole, it has its head; changed, it breaks."""
    lines = _lines(5)
    assert chain.follow(lines) == (5, lines[-1].hash)
    CHANGES[change](lines)
    with pytest.raises(BrokenEvidence):
        chain.follow(lines)
