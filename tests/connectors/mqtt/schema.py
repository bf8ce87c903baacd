"""The published schema of Sparkplug B as real protobuf classes, so that nothing here checks itself."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
_MESSAGES = {
    "Payload": [("timestamp", 1, F.TYPE_UINT64), ("metrics", 2, "*Metric"), ("seq", 3, F.TYPE_UINT64), ("uuid", 4, F.TYPE_STRING), ("body", 5, F.TYPE_BYTES)],
    "Metric": [
        ("name", 1, F.TYPE_STRING), ("alias", 2, F.TYPE_UINT64), ("timestamp", 3, F.TYPE_UINT64), ("datatype", 4, F.TYPE_UINT32),
        ("is_historical", 5, F.TYPE_BOOL), ("is_transient", 6, F.TYPE_BOOL), ("is_null", 7, F.TYPE_BOOL),
        ("metadata", 8, "MetaData"), ("properties", 9, "PropertySet"),
        ("int_value", 10, F.TYPE_UINT32), ("long_value", 11, F.TYPE_UINT64), ("float_value", 12, F.TYPE_FLOAT),
        ("double_value", 13, F.TYPE_DOUBLE), ("boolean_value", 14, F.TYPE_BOOL), ("string_value", 15, F.TYPE_STRING),
        ("bytes_value", 16, F.TYPE_BYTES), ("dataset_value", 17, "DataSet"), ("template_value", 18, "Template"),
    ],
    "MetaData": [("is_multi_part", 1, F.TYPE_BOOL), ("content_type", 2, F.TYPE_STRING), ("size", 3, F.TYPE_UINT64), ("description", 8, F.TYPE_STRING)],
    "PropertySet": [("keys", 1, "*string"), ("values", 2, "*PropertyValue")],
    "PropertyValue": [
        ("type", 1, F.TYPE_UINT32), ("is_null", 2, F.TYPE_BOOL), ("int_value", 3, F.TYPE_UINT32), ("long_value", 4, F.TYPE_UINT64),
        ("float_value", 5, F.TYPE_FLOAT), ("double_value", 6, F.TYPE_DOUBLE), ("boolean_value", 7, F.TYPE_BOOL), ("string_value", 8, F.TYPE_STRING),
    ],
    "DataSet": [("num_of_columns", 1, F.TYPE_UINT64), ("columns", 2, "*string"), ("types", 3, "*uint32")],
    "Template": [("version", 1, F.TYPE_STRING), ("metrics", 2, "*Metric"), ("template_ref", 4, F.TYPE_STRING), ("is_definition", 5, F.TYPE_BOOL)],
}  # fmt: skip
_ONEOF = {"Metric": range(10, 19), "PropertyValue": range(3, 9)}


def _file() -> descriptor_pb2.FileDescriptorProto:
    made = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package="spb", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = made.message_type.add(name=name)
        if name in _ONEOF:
            message.oneof_decl.add(name="value")
        for label, number, kind in fields:
            one = message.field.add(name=label, number=number, label=F.LABEL_OPTIONAL)
            if isinstance(kind, str):
                many, _, plain = kind.rpartition("*") if "*" in kind else ("", "", kind)
                one.label = F.LABEL_REPEATED if "*" in kind else F.LABEL_OPTIONAL
                scalar = {"string": F.TYPE_STRING, "uint32": F.TYPE_UINT32}.get(plain)
                one.type = scalar or F.TYPE_MESSAGE
                if not scalar:
                    one.type_name = f".spb.{plain}"
            else:
                one.type = kind
            if number in _ONEOF.get(name, ()):
                one.oneof_index = 0
    return made


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_file())
Payload = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("spb.Payload"))
"""`Payload` of the schema."""
