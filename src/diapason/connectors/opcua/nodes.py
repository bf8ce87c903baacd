"""The address space of a served plant: assets as folders, tags as variables with unit, range and access."""

from collections.abc import Sequence
from typing import Any

from asyncua import ua

from diapason.connectors.opcua.units import NAMESPACE, common_code, display
from diapason.vocabulary.line import Kind, Point

__all__ = ["NAMESPACE_URI", "build", "node_id", "variant_type"]

NAMESPACE_URI = "urn:diapason:plant"

_TYPES = {
    Kind.NUMBER: ua.VariantType.Double,
    Kind.WHOLE: ua.VariantType.Int64,
    Kind.SWITCH: ua.VariantType.Boolean,
    Kind.TEXT: ua.VariantType.String,
}
_EMPTY = {Kind.NUMBER: 0.0, Kind.WHOLE: 0, Kind.SWITCH: False, Kind.TEXT: ""}
_READ, _WRITE, _HISTORY = 1, 2, 4  # bits of AccessLevel
_ROOT = "plant"


def variant_type(kind: Kind) -> ua.VariantType:
    """How values of this kind travel."""
    return _TYPES[kind]


def node_id(tag: str, index: int) -> ua.NodeId:
    """A tag is its own identifier."""
    return ua.NodeId(tag, index)


def build(service: Any, points: Sequence[Point], index: int) -> None:
    """Make all nodes with the server's own service."""
    items = [_folder(_ROOT, "Plant", ua.NodeId(ua.ObjectIds.ObjectsFolder), index)]
    made = {""}
    for point in points:
        parent = ""
        for part in point.asset.split("/") if point.asset else ():
            path = f"{parent}/{part}".lstrip("/")
            if path not in made:
                made.add(path)
                items.append(_folder(f"{_ROOT}/{path}", part, node_id(_under(parent), index), index))
            parent = path
        items += _variable(point, node_id(_under(parent), index), index)
    failed = [result for result in service.add_nodes(items) if not result.StatusCode.is_good()]
    if failed:
        failed[0].StatusCode.check()


def _under(path: str) -> str:
    return f"{_ROOT}/{path}" if path else _ROOT


def _folder(identifier: str, name: str, parent: ua.NodeId, index: int) -> ua.AddNodesItem:
    item = ua.AddNodesItem()
    item.RequestedNewNodeId, item.BrowseName = node_id(identifier, index), ua.QualifiedName(name, index)
    item.NodeClass, item.ParentNodeId = ua.NodeClass.Object, parent
    item.ReferenceTypeId = ua.NodeId(ua.ObjectIds.Organizes)
    item.TypeDefinition = ua.NodeId(ua.ObjectIds.FolderType)
    attributes = ua.ObjectAttributes()
    attributes.DisplayName = attributes.Description = ua.LocalizedText(name)
    attributes.EventNotifier = 0
    item.NodeAttributes = attributes
    return item


def _variable(point: Point, parent: ua.NodeId, index: int) -> list[ua.AddNodesItem]:
    """The variable and, for measured values, its unit and range."""
    item = ua.AddNodesItem()
    item.RequestedNewNodeId = node_id(point.tag, index)
    item.BrowseName = ua.QualifiedName(point.tag.rpartition("/")[2], index)
    item.NodeClass, item.ParentNodeId = ua.NodeClass.Variable, parent
    item.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HasComponent)
    analog = point.kind is Kind.NUMBER
    kind = ua.ObjectIds.AnalogItemType if analog else ua.ObjectIds.BaseDataVariableType
    item.TypeDefinition = ua.NodeId(kind)
    variant = ua.Variant(_EMPTY[point.kind], _TYPES[point.kind])
    item.NodeAttributes = _attributes(point.title or point.tag, variant, point.tag.rpartition("/")[2])
    access = _READ | (_WRITE if point.writable else 0) | (0 if point.kind is Kind.TEXT else _HISTORY)
    item.NodeAttributes.AccessLevel = item.NodeAttributes.UserAccessLevel = access
    item.NodeAttributes.Historizing = bool(access & _HISTORY)
    parts = [item]
    if analog and point.unit:
        unit = ua.EUInformation()
        unit.NamespaceUri, unit.UnitId = NAMESPACE, common_code(point.unit)
        unit.DisplayName = unit.Description = ua.LocalizedText(display(point.unit))
        parts.append(_property(point.tag, "EngineeringUnits", unit, index))
    if analog and point.low is not None and point.high is not None:
        parts.append(_property(point.tag, "EURange", ua.Range(point.low, point.high), index))
    return parts


def _property(tag: str, name: str, value: Any, index: int) -> ua.AddNodesItem:
    item = ua.AddNodesItem()
    item.RequestedNewNodeId, item.BrowseName = node_id(f"{tag}#{name}", index), ua.QualifiedName(name, 0)
    item.NodeClass, item.ParentNodeId = ua.NodeClass.Variable, node_id(tag, index)
    item.ReferenceTypeId = ua.NodeId(ua.ObjectIds.HasProperty)
    item.TypeDefinition = ua.NodeId(ua.ObjectIds.PropertyType)
    item.NodeAttributes = _attributes(name, ua.Variant(value, ua.VariantType.ExtensionObject), name)
    item.NodeAttributes.DataType = value.data_type
    item.NodeAttributes.AccessLevel = item.NodeAttributes.UserAccessLevel = _READ
    return item


def _attributes(title: str, variant: ua.Variant, name: str) -> ua.VariableAttributes:
    made = ua.VariableAttributes()
    made.DisplayName, made.Description = ua.LocalizedText(name), ua.LocalizedText(title)
    made.Value, made.ValueRank = variant, ua.ValueRank.Scalar
    made.DataType = ua.NodeId(variant.VariantType.value)
    made.MinimumSamplingInterval = 0.0
    made.Historizing = False
    return made
