"""One write, once: the right type, the right unit, and an honest answer about what became of it."""

from math import isfinite
from typing import Any

from asyncua import Client, ua

from diapason.connectors.opcua.browsing import Place, described
from diapason.connectors.opcua.session import TROUBLE
from diapason.errors import Conflict, DiapasonError, Missing, Refused
from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Kind, Point

__all__ = ["write"]

_RANGES = {
    ua.VariantType.SByte: (-(2**7), 2**7 - 1), ua.VariantType.Byte: (0, 2**8 - 1),
    ua.VariantType.Int16: (-(2**15), 2**15 - 1), ua.VariantType.UInt16: (0, 2**16 - 1),
    ua.VariantType.Int32: (-(2**31), 2**31 - 1), ua.VariantType.UInt32: (0, 2**32 - 1),
    ua.VariantType.Int64: (-(2**63), 2**63 - 1), ua.VariantType.UInt64: (0, 2**64 - 1),
}  # fmt: skip
_ABSTRACT = {26: ua.VariantType.Double, 27: ua.VariantType.Int64, 28: ua.VariantType.UInt64}  # Number and its kinds
_WHY = {
    ua.StatusCodes.BadUserAccessDenied: Text("this user may not write it", "该用户无权写入"),
    ua.StatusCodes.BadNotWritable: Text("it can't be written", "该位号不可写"),
    ua.StatusCodes.BadOutOfRange: Text("the value is out of range", "数值超出范围"),
    ua.StatusCodes.BadTypeMismatch: Text("it takes another type", "数据类型不符"),
    ua.StatusCodes.BadInvalidState: Text(
        "not in this state: see the mode of its loop", "当前状态不允许：请查看回路方式"
    ),
}


async def write(client: Client, tag: str, node: ua.NodeId, value: float, unit: str) -> None:
    """Write once.

    Raises:
        Refused: it can't be written, by us, in this unit, or with this value.
        Missing: no connection; nothing was sent.
        Conflict: it was sent and nobody knows whether it arrived.
    """
    try:
        point = (await described(client, [Place(node)]))[0]
        data_type, present = await _typed(client, node)
    except TROUBLE as error:
        what = Text(f"no connection to write {tag} ({error})", f"写入 {tag} 时没有连接（{error}）")
        raise Missing(
            what, at=tag, fix=Text("nothing was sent; wait for the connection", "未发送任何内容；请等待连接恢复")
        ) from error
    variant = _variant(tag, point, data_type, present, value, unit)
    try:
        status = (await client.uaclient.write_attributes([node], [_bare(variant)]))[0]
    except TROUBLE as error:
        code = getattr(error, "code", None)
        if code in _WHY:
            raise _refused(tag, _WHY[code]) from error
        raise _unknown(tag, value, error) from error
    if not status.is_good():
        raise _refused(tag, _WHY.get(status.value, Text(status.name, status.name)))


def _bare(variant: ua.Variant) -> ua.DataValue:
    """The value alone: many servers refuse a write that brings a status or times."""
    return ua.DataValue(variant, None)


async def _typed(client: Client, node: ua.NodeId) -> tuple[Any, ua.Variant | None]:
    kind, present = await client.uaclient.read_attributes([node], ua.AttributeIds.DataType), None
    value = (await client.uaclient.read_attributes([node], ua.AttributeIds.Value))[0]
    if value.Value is not None:
        present = value.Value
    return (kind[0].Value.Value if kind[0].Value is not None else None), present


def _variant(tag: str, point: Point, data_type: Any, present: ua.Variant | None, value: float, unit: str) -> ua.Variant:
    if not point.writable:
        raise _refused(tag, Text("it can't be written by this user", "该用户不可写入该位号"))
    if point.unit and unit != point.unit:
        why = Text(f"it is in {point.unit}, not in '{unit}'", f"其单位为 {point.unit}，而非“{unit}”")
        raise _refused(tag, why)
    kind = _type(data_type, present)
    if point.kind is Kind.TEXT or kind is None:
        raise _refused(tag, Text("it is no number", "该位号不是数值"))
    if kind is ua.VariantType.Boolean:
        if value not in (0.0, 1.0):
            raise _refused(tag, Text(f"{value:g} is neither 1 nor 0", f"{value:g} 既非 1 也非 0"))
        return ua.Variant(bool(value), kind)
    if kind in _RANGES:
        low, high = _RANGES[kind]
        if not isfinite(value) or not float(value).is_integer() or not low <= value <= high:
            raise _refused(tag, Text(f"{value:g} is no {kind.name}", f"{value:g} 不是 {kind.name}"))
        return ua.Variant(int(value), kind)
    return ua.Variant(float(value), kind)


def _type(data_type: Any, present: ua.Variant | None) -> ua.VariantType | None:
    """The type on the wire: that of the node; where that is abstract or the server's own, that of the present value."""
    number = data_type.Identifier if isinstance(data_type, ua.NodeId) and data_type.NamespaceIndex == 0 else -1
    if isinstance(number, int) and 1 <= number <= 11:
        return ua.VariantType(number)
    found = present.VariantType if present is not None else None
    if isinstance(found, ua.VariantType) and 1 <= found.value <= 11:
        return found
    return _ABSTRACT.get(number) if isinstance(number, int) else None


def _refused(tag: str, why: Text) -> Refused:
    what = Text(f"{tag} stays as it is: {why.en}", f"{tag} 保持不变：{why.zh}")
    return Refused(what, at=tag, fix=Text("nothing was changed", "没有任何改动"))


def _unknown(tag: str, value: float, error: BaseException) -> DiapasonError:
    said = str(error) or type(error).__name__
    return Conflict(
        Text(
            f"nobody knows whether {value:g} arrived at {tag} ({said})",
            f"无法确认 {value:g} 是否已写入 {tag}（{said}）",
        ),
        at=tag,
        fix=Text("read it back before anything else; it is not sent again", "请先回读确认；不会自动重发"),
    )
