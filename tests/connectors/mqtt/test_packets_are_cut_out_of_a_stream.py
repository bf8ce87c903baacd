"""MQTT 5 on the wire, without a broker."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.connectors.mqtt import packets as written
from diapason.connectors.mqtt._wire import packets

TOPICS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)
MESSAGES = st.lists(
    st.tuples(TOPICS, st.binary(max_size=300), st.integers(0, 65535)),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(messages=MESSAGES, cuts=st.lists(st.integers(0, 3000), max_size=6))
def test_a_stream_in_any_pieces_gives_the_same_messages(messages: list, cuts: list[int]) -> None:
    stream = b"".join(written.publish(topic, payload, id=number) for topic, payload, number in messages)
    found, rest = [], b""
    for low, high in zip([0, *sorted(cuts)], [*sorted(cuts), len(stream)], strict=True):
        rest += stream[low:high] if high > low else b""
        some, taken = packets(rest, 1 << 20)
        found, rest = found + some, rest[taken:]
    if sum(1 for _ in found) == len(messages):
        assert [(topic, payload, number) for _, number, topic, payload in found] == messages
        assert rest == b""
    else:
        assert max(cuts, default=0) > len(stream)


@settings(max_examples=300, deadline=None)
@given(stream=st.binary(max_size=60))
def test_any_bytes_are_packets_or_an_error(stream: bytes) -> None:
    try:
        found, taken = packets(stream, 1 << 20)
    except ValueError:
        return
    assert 0 <= taken <= len(stream)
    for first, _, topic, body in found:
        if topic is None and first >> 4 in (2, 4, 14):
            try:
                written.answer(first >> 4, body)
            except ValueError:
                continue


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"\x30\xff\xff\xff\xff\x01", "more than four bytes"),
        (b"\x30\xff\xff\x7f", "too large"),
        (b"\x30\x02\x00\x09", "cut short"),
        (b"\x32\x04\x00\x01a\x00", "cut short"),
        (b"\x30\x04\x00\x01\xff\x00", "utf-8"),
    ],
)
def test_what_is_no_mqtt_ends_the_connection_with_a_reason(stream: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        packets(stream, 1 << 16)


def test_answers_are_read_with_the_words_of_the_broker() -> None:
    said = b"\x00\x87" + bytes([9]) + b"\x1f\x00\x02no" + b"\x21\x00\x14" + b"\x24"
    with pytest.raises(ValueError, match="cut short"):
        written.answer(written.Kind.CONNACK, said[:-1] + b"")
    whole = b"\x00\x87" + bytes([8]) + b"\x1f\x00\x02no" + b"\x21\x00\x14"
    answer = written.answer(written.Kind.CONNACK, whole)
    assert (answer.reason, answer.said, answer.properties[0x21]) == (0x87, "no", 20)
