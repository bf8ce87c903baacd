"""The node's own type, the right unit, one attempt; an honest word where nobody knows."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua

from diapason.errors import Conflict, Missing, Refused
from diapason.ports import find

OPEN = {"security": "none", "timeout": 20}


def _write(address: str, tag: str, value: float, unit: str = "", **options: Any) -> float:
    async def story() -> float:
        line = await find("connectors", "opc.tcp").open_line(address, {**OPEN, **options}, writes=True)
        try:
            await line.write(tag, value, unit)
            return float((await line.read([tag])).values[0])
        finally:
            await line.close()

    return asyncio.run(story())


KINDS = [
    (ua.VariantType.Double, 2.5),
    (ua.VariantType.Float, 0.5),
    (ua.VariantType.Int16, -3.0),
    (ua.VariantType.UInt32, 4e9),
    (ua.VariantType.Byte, 255.0),
    (ua.VariantType.Boolean, 1.0),
]


@pytest.mark.parametrize(("kind", "value"), KINDS, ids=lambda x: getattr(x, "name", ""))
def test_the_type_is_that_of_the_node(odd: Any, kind: ua.VariantType, value: float) -> None:
    """The server takes it, and reads it back."""
    name = f"write.{kind.name}"
    odd.add(name, False if kind is ua.VariantType.Boolean else ua.get_default_value(kind), kind)
    assert _write(odd.address, name, value) == value


REFUSED = [
    (ua.VariantType.Int16, 2.5, True, "is no Int16"),
    (ua.VariantType.Byte, 256.0, True, "is no Byte"),
    (ua.VariantType.Int32, float("nan"), True, "is no Int32"),
    (ua.VariantType.Boolean, 0.5, True, "neither 1 nor 0"),
    (ua.VariantType.String, 1.0, True, "no number"),
    (ua.VariantType.Double, 1.0, False, "can't be written"),
]


@pytest.mark.parametrize(("kind", "value", "writable", "why"), REFUSED)
def test_what_does_not_fit_is_refused_before_it_is_sent(
    odd: Any, kind: ua.VariantType, value: float, writable: bool, why: str
) -> None:
    """Nothing was changed."""
    name = f"refused.{kind.name}.{why[:5]}"
    odd.add(name, "" if kind is ua.VariantType.String else ua.get_default_value(kind), kind, writable=writable)
    with pytest.raises(Refused, match=why):
        _write(odd.address, name, value)


def test_nobody_knows_is_said_and_the_write_is_not_sent_again(odd: Any) -> None:
    """The server answers too late: Conflict, and exactly one write has arrived."""
    odd.add("slow", 0.0, ua.VariantType.Double)
    arrived = []

    async def slow() -> None:
        def late(node: Any, attribute: Any, value: Any) -> None:
            arrived.append(value.Value.Value)
            time.sleep(1.6)

        odd.server.set_attribute_value_setter(ua.NodeId("slow", odd.first), late)

    odd.do(slow())
    with pytest.raises(Conflict, match="nobody knows whether 7 arrived"):
        _write(odd.address, "slow", 7.0, timeout=0.8)
    time.sleep(1.5)
    assert arrived == [7.0]


def test_set_points_move_outputs_need_manual_and_the_reader_may_not(served: dict[str, Any], tmp_path: Path) -> None:
    """On the embedded plant, encrypted, with name and password from a file."""
    address = served["addresses"]["opcua"]
    named = {"security": "best", "folder": tmp_path, "user": "engineer", "password_file": served["folder"] / "password"}
    assert _write(address, "FIC-101.SP", 4.25, "t/h", **named) == 4.25
    with pytest.raises(Refused, match="in t/h, not in 'kg/h'"):
        _write(address, "FIC-101.SP", 4250.0, "kg/h", **named)
    with pytest.raises(Refused, match="out of range"):
        _write(address, "FIC-101.SP", 99.0, "t/h", **named)
    with pytest.raises(Refused, match="not in this state"):
        _write(address, "LIC-301.OP", 50.0, "%", **named)
    with pytest.raises(Refused, match="can't be written"):
        _write(address, "FIC-101.PV", 4.0, "t/h", **named)
    with pytest.raises(Refused, match="may not write"):
        _write(address, "FIC-101.SP", 4.0, "t/h", security="best", folder=tmp_path)
    (tmp_path / "wrong").write_text("guess")
    with pytest.raises(Refused, match="refuses us"):
        _write(address, "FIC-101.SP", 4.0, "t/h", **{**named, "password_file": tmp_path / "wrong"})
    assert _write(address, "LIC-301.AUTO", 0.0, **named) == 0.0
    assert _write(address, "LIC-301.OP", 55.0, "%", **named) == 55.0


def test_without_connection_nothing_is_sent(odd: Any) -> None:
    """Missing, at once."""

    async def story() -> None:
        line = await find("connectors", "opc.tcp").open_line(odd.address, OPEN, writes=True)
        await line.close()
        await line.write("slow", 1.0, "")

    with pytest.raises(Missing, match="no connection now"):
        asyncio.run(story())
