"""Statuses, times, types and losses become trust, times, texts and counts; names and kinds are those of the server."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from asyncua import ua

from diapason.errors import DataError, NotFound
from diapason.ports import find
from diapason.vocabulary.line import Kind, Packet, Seen

OPEN = {"security": "none", "interval": 0.05, "timeout": 20}
THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = int(THEN.timestamp() * 1e6)


def _double(value: Any = 2.5, status: int = 0, at: datetime | None = THEN, kind: Any = ua.VariantType.Double) -> Any:
    return ua.DataValue(ua.Variant(value, kind), ua.StatusCode(ua.UInt32(status)), at, None)


CASES = {
    "good": (_double(), 2.5, Seen.GOOD, None, 0),
    "uncertain": (_double(status=ua.StatusCodes.UncertainLastUsableValue), 2.5, Seen.DOUBTFUL, None, 0),
    "bad": (_double(None, ua.StatusCodes.BadSensorFailure, kind=ua.VariantType.Null), None, Seen.BAD, None, 0),
    "overflow": (_double(status=0x480), 2.5, Seen.GOOD, None, 1),
    "timeless": (_double(at=None), 2.5, Seen.DOUBTFUL, None, 0),
    "text": (_double("off scale", kind=ua.VariantType.String), None, Seen.GOOD, "off scale", 0),
    "array": (_double([1.0, 2.0]), None, Seen.DOUBTFUL, "[1.0, 2.0]", 0),
    "whole": (_double(7, kind=ua.VariantType.Int16), 7.0, Seen.GOOD, None, 0),
    "switch": (_double(True, kind=ua.VariantType.Boolean), 1.0, Seen.GOOD, None, 0),
    "nothing": (_double(None, kind=ua.VariantType.Null), None, Seen.BAD, None, 0),
}


async def _line(address: str) -> Any:
    return await find("connectors", "opc.tcp").open_line(address, OPEN)


async def _until(stream: Any, done: Any) -> Packet:
    async with asyncio.timeout(20):
        while True:
            packet: Packet = await anext(stream)
            if done(packet):
                return packet


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_value_comes_with_its_trust_and_time(odd: Any, case: str) -> None:
    """And nothing that a server says ends the line."""
    said, value, trust, text, lost = CASES[case]
    name = f"case.{case}"
    odd.add(name, 0.0, ua.VariantType.Double)

    async def story() -> tuple[Packet, Packet]:
        line = await _line(odd.address)
        stream = line.listen([name])
        await asyncio.wait_for(anext(stream), 20)
        odd.put(name, said)
        heard = await _until(stream, lambda p: case == "timeless" or p.at[0] == AT)
        read = await line.read([name])
        await stream.aclose()
        await line.close()
        return heard, read

    heard, read = asyncio.run(story())
    for packet in (heard, read):
        assert packet.trust.tolist() == [trust]
        assert packet.texts.get(0) == text
        np.testing.assert_array_equal(packet.values, [np.nan if value is None else value])
    assert heard.lost.get(0, 0) == lost
    if case != "timeless":
        assert read.at.tolist() == [AT]


def test_a_tag_that_changes_its_type_comes_as_text_and_back(odd: Any) -> None:
    """Number, text, number: three readings, no crash, nothing lost."""
    odd.add("turns", 1.0, ua.VariantType.Double)

    async def story() -> list[tuple[float, str | None]]:
        line = await _line(odd.address)
        stream = line.listen(["turns"])
        await asyncio.wait_for(anext(stream), 20)
        got = []
        for step, (value, kind) in enumerate(
            [(2.0, ua.VariantType.Double), ("stuck", ua.VariantType.String), (3.0, ua.VariantType.Double)]
        ):
            at = THEN + timedelta(seconds=step)
            odd.put("turns", _double(value, at=at, kind=kind))
            packet = await _until(stream, lambda p, at=at: p.at[0] == int(at.timestamp() * 1e6))
            got.append((float(packet.values[0]), packet.texts.get(0)))
        await line.close()
        return got

    got = asyncio.run(story())
    assert [text for _, text in got] == [None, "stuck", None]
    assert (got[0][0], got[2][0]) == (2.0, 3.0)
    assert np.isnan(got[1][0])


def test_tags_are_called_as_the_server_calls_them(odd: Any) -> None:
    """By identifier where it is a word, by path where it is a number, by full address where two share a name."""
    odd.add("Speed", 1, ua.VariantType.UInt16, identifier=7001, writable=False)
    odd.add("twin", 1.0, ua.VariantType.Double)

    async def second() -> None:
        await odd.area.add_variable(ua.NodeId("twin", odd.second), ua.QualifiedName("twin2", odd.second), 2.0)

    odd.do(second())

    async def story() -> tuple[dict[str, Any], Packet, list[str]]:
        line = await _line(odd.address)
        points = {p.tag: p async for p in line.browse()}
        named = [p.tag async for p in line.browse("Area")]
        twin = f"ns={odd.second};s=twin"
        read = await line.read(["Area/Speed", "twin", twin])
        with pytest.raises(NotFound, match="no place 'Nowhere'"):
            await anext(line.browse("Nowhere"))
        await line.close()
        return points, read, named

    points, read, named = asyncio.run(story())
    assert points["Area/Speed"].kind is Kind.WHOLE
    assert not points["Area/Speed"].writable
    assert points["twin"].writable
    assert points["twin"].asset == "Area"
    assert read.values.tolist() == [1.0, 1.0, 2.0]
    assert {"twin", f"ns={odd.second};s=twin"} <= set(named)


def test_too_many_tags_are_an_error_that_says_how_to_narrow(odd: Any) -> None:
    """What was found until then has been handed out."""
    for i in range(3):
        odd.add(f"many.{i}", 0.0, ua.VariantType.Double)

    async def story() -> int:
        line = await _line(odd.address)
        found = []
        with pytest.raises(DataError, match="more than 2 tags") as error:
            async for point in line.browse(most=2):
                found.append(point)
        assert "Area" in str(error.value.fix)
        await line.close()
        return len(found)

    assert asyncio.run(story()) == 2


@pytest.mark.parametrize(
    ("address", "options", "what"),
    [
        ("opc.tcp://", {}, "no address"),
        ("http://x:1", {}, "no address"),
        ("opc.tcp://a:b@host:4840", {}, "stands in the address"),
        ("opc.tcp://host", {"security": "some"}, "no security"),
        ("opc.tcp://host", {"intervall": 1}, "no option 'intervall'"),
        ("opc.tcp://host", {"interval": "fast"}, "interval can't be"),
        ("opc.tcp://127.0.0.1:1", {"user": "x", "password_env": "NOT_SET_HERE"}, "NOT_SET_HERE is not set"),
        ("opc.tcp://127.0.0.1:1", {"user": "x", "password_file": "/no/such"}, "can't be read"),
    ],
)
def test_an_address_or_option_that_cant_be_is_told(address: str, options: dict[str, Any], what: str) -> None:
    """Before anything is sent; a password never stands in the message."""
    with pytest.raises(DataError, match=what) as error:
        asyncio.run(find("connectors", "opc.tcp").open_line(address, options))
    assert "a:b" not in str(error.value)
