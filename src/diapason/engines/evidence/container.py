"""The bundle's box: a zip that has exactly one spelling, so that no byte of it is free."""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator

from diapason.errors import BrokenEvidence, DataError
from diapason.vocabulary.language import Text

__all__ = ["pack", "proper", "unpack"]

_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sBBHHHHHLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")
_VERSION, _UTF8, _STORED, _TIME, _DAY = 20, 0x800, 0, 0, 0x21  # 1 January 1980, the first day that a zip knows
_FILE = 0o100644 << 16
_LIMIT = 2**32 - 1
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,119}(?<!\.)")


def proper(name: str) -> bool:
    """Whether a member may have that name: relative, plain ASCII, no dot at an end.

    >>> proper("kept/learn-1/predictions.csv"), proper("../etc/passwd"), proper("c:/x")
    (True, False, False)
    """
    return len(name) <= 240 and all(_PART.fullmatch(part) for part in name.split("/"))


def pack(members: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The bytes of a zip: stored, no dates, no extras, in the order given; the same members, the same bytes.

    Raises:
        DataError: a name isn't proper or comes twice, or it all is beyond 4 GB.
    """
    central, offset, seen = [], 0, set[str]()
    for name, data in members:
        if not proper(name) or name in seen:
            raise DataError(Text(f"'{name}' can't be a member", f"'{name}' 不能作为成员名"), fix=_RENAME)
        seen.add(name)
        head = _local(name, data)
        central.append(_listed(name, data, offset))
        offset += len(head) + len(data)
        if offset > _LIMIT - 2**24:
            raise DataError(Text("the bundle is beyond 4 GB", "证据包超过 4 GB"), fix=_SMALLER)
        yield head
        yield data
    yield _tail(central, offset)


def unpack(data: bytes) -> dict[str, bytes]:
    """The members in their order.

    Raises:
        BrokenEvidence: any byte is not what `pack` writes for these members.
    """
    members, central, offset = dict[str, bytes](), [], 0
    while data[offset : offset + 4] == b"PK\3\4":
        name, start, end = _next(data, offset)
        if name in members:
            raise _broken(f"two members are called '{name}'", f"有两个成员名为 '{name}'")
        members[name] = data[start:end]
        if data[offset:start] != _local(name, members[name]):
            raise _broken(f"member '{name}' is damaged or compressed", f"成员 '{name}' 损坏或被压缩")
        central.append(_listed(name, members[name], offset))
        offset = end
    if not members or data[offset:] != _tail(central, offset):
        raise _broken("it isn't a whole bundle", "不是完整的证据包")
    return members


def _next(data: bytes, offset: int) -> tuple[str, int, int]:
    """Name, start and end of the member whose header is at `offset`."""
    if len(data) < offset + _LOCAL.size:
        raise _broken("it ends in the middle", "内容中途截断")
    *_, size, _, length, extra = _LOCAL.unpack_from(data, offset)
    start = offset + _LOCAL.size + length
    if extra or start + size > len(data):
        raise _broken("it ends in the middle or has a foreign header", "内容中途截断或文件头不符")
    name = data[offset + _LOCAL.size : start].decode(errors="replace")
    if not proper(name):
        raise _broken(f"a member has the unsafe name {name[:80]!r}", f"成员名不安全：{name[:80]!r}")
    return name, start, start + size


def _local(name: str, data: bytes) -> bytes:
    raw, size = name.encode(), len(data)
    fixed = (b"PK\3\4", _VERSION, _UTF8, _STORED, _TIME, _DAY, zlib.crc32(data), size, size, len(raw), 0)
    return _LOCAL.pack(*fixed) + raw


def _listed(name: str, data: bytes, offset: int) -> bytes:
    raw, size = name.encode(), len(data)
    what = (_VERSION, 3, _VERSION, _UTF8, _STORED, _TIME, _DAY, zlib.crc32(data), size, size)
    return _CENTRAL.pack(b"PK\1\2", *what, len(raw), 0, 0, 0, 0, _FILE, offset) + raw


def _tail(central: list[bytes], offset: int) -> bytes:
    listed = b"".join(central)
    count = len(central)
    return listed + _END.pack(b"PK\5\6", 0, 0, count, count, len(listed), offset, 0)


_RENAME = Text("use letters, digits, . _ - @ and /", "请用字母、数字、. _ - @ 与 /")
_SMALLER = Text("export without --with-data", "请去掉 --with-data 再导出")


def _broken(en: str, zh: str) -> BrokenEvidence:
    return BrokenEvidence(
        Text(f"this is no intact evidence file: {en}", f"证据文件不完整：{zh}"),
        fix=Text("ask the sender for it again; do not trust this copy", "请向发送方重新索取，勿采信此副本"),
    )
