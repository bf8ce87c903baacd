"""Both decoders against the real protobuf classes of the published schema."""

import math
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diapason.connectors.mqtt._wire import metrics
from diapason.connectors.mqtt.payload import Metric, Payload, decoded, encoded, metric_bytes, number_of, payload_bytes

U64, U32 = st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1)
FLOATS = st.floats(width=32) | st.just(math.nan)
VALUES = st.one_of(
    st.tuples(st.just("int_value"), U32),
    st.tuples(st.just("long_value"), U64),
    st.tuples(st.just("float_value"), FLOATS),
    st.tuples(st.just("double_value"), st.floats()),
    st.tuples(st.just("boolean_value"), st.booleans()),
    st.tuples(st.just("string_value"), st.text(max_size=20)),
    st.tuples(st.just("bytes_value"), st.binary(max_size=20)),
    st.none(),
)
METRIC = st.fixed_dictionaries(
    {"value": VALUES},
    optional={
        "name": st.text(max_size=10), "alias": U64, "timestamp": st.integers(0, 2**50), "datatype": st.integers(0, 40),
        "is_historical": st.booleans(), "is_transient": st.booleans(), "is_null": st.booleans(),
    },
)  # fmt: skip
MESSAGE = st.tuples(st.lists(METRIC, max_size=6), st.none() | U64, st.none() | st.integers(0, 255))
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _built(schema: Any, message: tuple[list[dict[str, Any]], int | None, int | None]) -> Any:
    said, at, sequence = message
    made = schema(**{k: v for k, v in (("timestamp", at), ("seq", sequence)) if v is not None})
    for one in said:
        value = {one["value"][0]: one["value"][1]} if one["value"] else {}
        made.metrics.add(**{k: v for k, v in one.items() if k != "value"}, **value)
    return made


@QUICK
@given(message=MESSAGE)
def test_both_decoders_see_what_protobuf_wrote(schema: Any, message: Any) -> None:
    real = _built(schema, message)
    raw = real.SerializeToString()
    ours = decoded(raw)
    assert (ours.at, ours.sequence) == (message[1], message[2])
    at, sequence, _, every, times, numbers, key = metrics(raw, -7)
    n = len(real.metrics)
    aliases, types, marks = key[: 8 * n], key[8 * n : 9 * n], key[9 * n :]
    columns = (np.frombuffer(b, t) for b, t in ((aliases, "u8"), (times, "i8"), (numbers, "f8"), (marks, "u1")))
    known = message[1] is not None and message[1] < (2**63 - 1) // 1000
    other = message[1] * 1000 if known else -7  # where a metric says no time
    assert sequence == (-1 if message[2] is None else message[2])
    assert at % 2**64 == (2**64 - 1 if message[1] is None else message[1])
    for theirs, mine, alias, time, value, mark, kind in zip(real.metrics, ours.metrics, *columns, types, strict=True):
        field = theirs.WhichOneof("value")
        assert (mine.name, mine.alias or 0, mine.at or 0) == (theirs.name, theirs.alias, theirs.timestamp)
        assert (alias, kind) == (theirs.alias, theirs.datatype)
        own = (theirs.timestamp * 1000 + 2**63) % 2**64 - 2**63
        assert time == (own if own or every & 8 else other)
        assert bool(mark & 1) == mine.historical == theirs.is_historical
        assert mine.null == (theirs.is_null or field is None)
        assert mine.value == pytest.approx(getattr(theirs, field), nan_ok=True) if field else mine.value is None
        if field in ("float_value", "double_value", "boolean_value", "int_value"):
            assert value == pytest.approx(float(getattr(theirs, field)), nan_ok=True)
        if field == "long_value":
            signed = theirs.long_value - (2**64 if theirs.long_value >= 2**63 else 0)
            assert value == float(signed)


@QUICK
@given(
    message=MESSAGE, cut=st.floats(0, 1), noise=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4)
)
def test_damaged_messages_are_refused_or_read_as_protobuf_does(
    schema: Any, message: Any, cut: float, noise: Any
) -> None:
    raw = bytearray(_built(schema, message).SerializeToString())
    raw = raw[: math.ceil(len(raw) * cut)]
    for place, byte in noise:
        if raw:
            raw[int(place * (len(raw) - 1))] = byte
    _same_fate(schema, bytes(raw))


@QUICK
@given(raw=st.binary(max_size=80))
def test_any_bytes_are_refused_or_read_as_protobuf_does(schema: Any, raw: bytes) -> None:
    _same_fate(schema, raw)


def _same_fate(schema: Any, raw: bytes) -> None:
    """Nobody falls over, and what two of them read is the same; we refuse more: fields of another kind."""
    try:
        theirs = schema.FromString(raw)
    except DecodeError:
        theirs = None
    try:
        ours: Payload | None = decoded(raw)
    except ValueError:
        ours = None
    try:
        quick = metrics(raw, 0)
    except ValueError:
        quick = None
    if theirs is not None and quick is not None:
        assert len(quick[6]) == 10 * len(theirs.metrics)
        assert np.frombuffer(quick[6][: 8 * len(theirs.metrics)], "u8").tolist() == [m.alias for m in theirs.metrics]
    if ours is not None and theirs is not None:
        assert [m.alias or 0 for m in ours.metrics] == [m.alias for m in theirs.metrics]


@QUICK
@given(
    value=st.one_of(
        st.tuples(st.sampled_from((1, 2, 3)), st.integers(-128, 127)),
        st.tuples(st.just(4), st.integers(-(2**52), 2**52)),
        st.tuples(st.sampled_from((5, 6, 7, 8)), st.integers(0, 255)),
        st.tuples(st.just(10), st.floats(allow_nan=False)),
        st.tuples(st.just(9), st.floats(width=32, allow_nan=False)),
        st.tuples(st.just(11), st.booleans()),
        st.tuples(st.just(12), st.text(max_size=20)),
    ),
    historical=st.booleans(),
)
def test_protobuf_reads_what_we_write_and_types_keep_their_sign(schema: Any, value: Any, historical: bool) -> None:
    kind, said = value
    properties = {"engUnit": "Cel", "engLow": -5.5, "writable": True, "Quality": -3}
    metric = Metric("T.PV", 7, 1795979791041, kind, historical, False, said, properties=properties)
    raw = encoded([metric_bytes(metric)], at=5, sequence=255)
    theirs = schema.FromString(raw)
    assert (theirs.timestamp, theirs.seq, theirs.metrics[0].name) == (5, 255, "T.PV")
    types = [one.type for one in theirs.metrics[0].properties.values]
    assert dict(zip(theirs.metrics[0].properties.keys, types, strict=True)) == {
        "engUnit": 12, "engLow": 10, "writable": 11, "Quality": 3,
    }  # fmt: skip
    back = decoded(raw).metrics[0]
    assert back.properties == properties
    assert (back.value if kind == 12 else number_of(back, 0)) == said
    assert back.historical is historical
    assert payload_bytes(decoded(raw)) == raw
