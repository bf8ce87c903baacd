"""Packed JSON in both forms, and every way of being wrong."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.connectors.mqtt.nodes import Arrived
from diapason.connectors.mqtt.packed import Packed
from diapason.vocabulary.line import Kind, Seen

NOW = 1_795_979_791_000_000  # µs


def take(reader: Packed, said: object, topic: str = "plant/R-1/data"):
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return reader.take(Arrived(topic, payload, NOW, (1, 1)))


def test_values_by_name_become_a_packet() -> None:
    (packet,) = take(
        Packed("plant/{asset}/data"), {"seq": 7, "at": 1764400000.25, "values": {"T": 1.5, "n": 3, "x": None}}
    )
    assert (packet.asset, packet.tags, packet.sequence, packet.source) == ("R-1", ("R-1/T", "R-1/n", "R-1/x"), 7, "R-1")
    assert packet.values[:2].tolist() == [1.5, 3.0]
    assert packet.trust.tolist() == [Seen.GOOD, Seen.GOOD, Seen.BAD]
    assert packet.at.tolist() == [1764400000250000] * 3
    assert not packet.rejected


def test_values_by_place_take_the_declared_tags() -> None:
    reader = Packed("plant/{asset}/data", ("a", "b"))
    (packet,) = take(reader, {"t": "2025-11-29T08:06:40.25+01:00", "v": [1, 2.5]})
    assert packet.tags == ("R-1/a", "R-1/b")
    assert packet.at.tolist() == [1764400000250000] * 2
    (short,) = take(reader, {"t": 1, "v": [1]})
    assert "1 values for 2 declared tags" in short.rejected[0].en


def test_texts_and_switches_come_along_and_may_not_change() -> None:
    reader = Packed("plant/{asset}/data")
    (first,) = take(reader, {"values": {"mode": "auto", "run": True, "T": 1.0}})
    assert first.texts == {0: "auto"}
    assert first.values[1:].tolist() == [1.0, 1.0]
    assert [p.kind for p in reader.points()] == [Kind.TEXT, Kind.SWITCH, Kind.NUMBER]
    (then,) = take(reader, {"values": {"mode": 3, "run": False, "T": "hot"}})
    assert "texts came before" in then.rejected[0].en
    assert "numbers came before" in then.rejected[2].en
    assert then.values[1] == 0.0


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b'{"values": {"a": NaN}}', "no JSON"),
        (b'{"values": {"a": 1', "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"", "no JSON"),
        (b"[1, 2]", "no packed message"),
        (b'{"values": [1]}', "no packed message"),
        (b'{"seq": "x", "values": {"a": 1}}', "no packed message"),
        (b'{"seq": 1}', "neither values nor v"),
        (b'{"v": [1], "values": {"a": 1}}', "neither values nor v, or both"),
        (b'{"values": {"a": 1, "a": 2}}', "'a' stands twice"),
        (b'{"at": "noon", "values": {"a": 1}}', "is no time"),
        (b'{"at": "2025-11-29T08:06:40", "values": {"a": 1}}', "is no time"),
        (b'{"at": 1e300, "values": {"a": 1}}', "is no time"),
        (b'{"values": {"a": [1]}}', "a list or an object"),
        (b'{"points": [{"unit": "Cel"}]}', "no description"),
    ],
)
def test_what_cannot_be_read_says_why_in_both_languages(payload: bytes, why: str) -> None:
    (packet,) = take(Packed("plant/{asset}/data"), payload)
    assert why in packet.rejected[0].en
    assert packet.rejected[0].zh
    assert packet.receipt == (1, 1)


def test_a_name_that_stands_twice_is_found_in_a_message_whose_names_are_known() -> None:
    reader = Packed("plant/{asset}/data")
    assert not take(reader, b'{"values": {"a": 1, "b": 2}}')[0].rejected
    assert "'b' stands twice" in take(reader, b'{"values": {"a": 1, "b": 2, "b": 3}}')[0].rejected[0].en


def test_a_description_says_units_and_ranges() -> None:
    reader = Packed("plant/{asset}/data")
    assert (
        take(reader, {"asset": "R-1", "points": [{"tag": "T", "unit": "Cel", "low": 0, "high": 200, "writable": True}]})
        == []
    )
    (point,) = reader.points()
    assert (point.tag, point.unit, point.low, point.high, point.writable) == ("R-1/T", "Cel", 0, 200, True)


NAMES = ("values", "v", "at", "t", "seq", "asset", "a")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(said=JSON | st.dictionaries(st.just("values"), st.dictionaries(st.text(max_size=3), JSON, max_size=4)))
def test_whatever_comes_is_a_packet_that_adds_up(said: object) -> None:
    for packet in take(Packed("plant/{asset}/data", ("a",)), json.dumps(said).encode()):
        n = len(packet.tags)
        assert packet.values.shape == packet.at.shape == packet.trust.shape == (n,)
        for i in np.flatnonzero(np.isnan(packet.values)).tolist():
            assert packet.trust[i] == Seen.BAD or i in packet.texts


@pytest.mark.parametrize(
    "said",
    [
        {"t": 1764400000.25, "v": [1, 2.5]},
        {"t": 1764400000250, "v": [1e300, -0.0], "seq": 7},
        {"t": 1764400000, "v": [None, 2]},
        {"t": "2025-11-29T08:06:40.25+01:00", "v": [1, 2]},
        {"t": 1e30, "v": [1, 2]},
        {"at": 5, "t": 6, "v": [1, 2]},
        {"v": [1, 2]},
        {"t": 1, "v": [1, 2, 3]},
        {"t": 1, "v": [1, 2], "values": {"a": 1}},
    ],
)
def test_a_message_says_the_same_whether_it_is_the_first_of_its_asset_or_not(said: object) -> None:
    """The first is looked at closely, later ones take the short way where they can."""
    fresh, known = Packed("plant/{asset}/data", ("a", "b")), Packed("plant/{asset}/data", ("a", "b"))
    take(known, {"t": 1, "v": [0.0, 0.0]})
    (one,), (other,) = take(fresh, said), take(known, said)
    for name in ("asset", "tags", "received", "sequence", "source", "texts", "receipt", "lost", "rejected"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("values", "at", "trust"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
        assert getattr(one, name).dtype == getattr(other, name).dtype
