"""The published schema of Sparkplug B as real protobuf classes, so that nothing here checks itself."""

from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
_U32, _U64, _BOOL, _FLOAT = F.TYPE_UINT32, F.TYPE_UINT64, F.TYPE_BOOL, F.TYPE_FLOAT
_DOUBLE, _TEXT, _BYTES = F.TYPE_DOUBLE, F.TYPE_STRING, F.TYPE_BYTES
_MESSAGES: dict[str, dict[str, tuple[int, Any]]] = {
    "Payload": {
        "timestamp": (1, _U64), "metrics": (2, "*Metric"), "seq": (3, _U64), "uuid": (4, _TEXT), "body": (5, _BYTES),
    },
    "Metric": {
        "name": (1, _TEXT), "alias": (2, _U64), "timestamp": (3, _U64), "datatype": (4, _U32),
        "is_historical": (5, _BOOL), "is_transient": (6, _BOOL), "is_null": (7, _BOOL), "metadata": (8, "MetaData"),
        "properties": (9, "PropertySet"), "int_value": (10, _U32), "long_value": (11, _U64),
        "float_value": (12, _FLOAT), "double_value": (13, _DOUBLE), "boolean_value": (14, _BOOL),
        "string_value": (15, _TEXT), "bytes_value": (16, _BYTES), "dataset_value": (17, "DataSet"),
        "template_value": (18, "Template"),
    },
    "MetaData": {"is_multi_part": (1, _BOOL), "content_type": (2, _TEXT), "size": (3, _U64), "description": (8, _TEXT)},
    "PropertySet": {"keys": (1, "*string"), "values": (2, "*PropertyValue")},
    "PropertyValue": {
        "type": (1, _U32), "is_null": (2, _BOOL), "int_value": (3, _U32), "long_value": (4, _U64),
        "float_value": (5, _FLOAT), "double_value": (6, _DOUBLE), "boolean_value": (7, _BOOL),
        "string_value": (8, _TEXT),
    },
    "DataSet": {"num_of_columns": (1, _U64), "columns": (2, "*string"), "types": (3, "*uint32")},
    "Template": {
        "version": (1, _TEXT), "metrics": (2, "*Metric"), "template_ref": (4, _TEXT), "is_definition": (5, _BOOL),
    },
}  # fmt: skip
_ONEOF = {"Metric": range(10, 19), "PropertyValue": range(3, 9)}
_SCALARS = {"string": _TEXT, "uint32": _U32}


def _file() -> descriptor_pb2.FileDescriptorProto:
    made = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package="spb", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = made.message_type.add(name=name)
        if name in _ONEOF:
            message.oneof_decl.add(name="value")
        for label, (number, kind) in fields.items():
            one = message.field.add(name=label, number=number, label=F.LABEL_OPTIONAL)
            if isinstance(kind, str):
                one.label = F.LABEL_REPEATED if kind[0] == "*" else F.LABEL_OPTIONAL
                plain = kind.lstrip("*")
                one.type = _SCALARS.get(plain, F.TYPE_MESSAGE)
                if plain not in _SCALARS:
                    one.type_name = f".spb.{plain}"
            else:
                one.type = kind
            if number in _ONEOF.get(name, ()):
                one.oneof_index = 0
    return made


@pytest.fixture(scope="session")
def schema() -> Any:
    """`Payload` of the schema."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(_file())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("spb.Payload"))
