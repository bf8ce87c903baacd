"""One value, one spelling: canonical JSON bytes and their digest."""

import json
import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["canonical", "digest"]

_LARGEST = 2**53 - 1
_BEYOND = 2**1023
_quote = json.encoder.encode_basestring


def canonical(value: Any) -> bytes:
    """The only JSON text of a value: keys sorted, no spaces, shortest numbers, UTF-8.

    Raises:
        DataError: nan, infinity, an integer that no double holds, a key that isn't text, or a type JSON doesn't have.

    >>> canonical({"b": 1.0, "a": [True, None, 1e-7, "é"]}).decode()
    '{"a":[true,null,1e-7,"é"],"b":1}'

    Source: JSON Canonicalization Scheme, RFC 8785.
    """
    out: list[str] = []
    _write(value, out)
    try:
        return "".join(out).encode()
    except UnicodeEncodeError as error:
        raise _cannot("a half of a surrogate pair", "半个代理对字符") from error


def digest(value: Any) -> str:
    """The sha256 of the canonical bytes, in hex.

    >>> digest({})[:8]
    '44136fa3'
    """
    return sha256(canonical(value)).hexdigest()


def _write(value: Any, out: list[str]) -> None:
    if isinstance(value, str):
        out.append(_quote(value))
    elif value is None or isinstance(value, bool):
        out.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int | float):
        out.append(_number(value))
    elif isinstance(value, Mapping):
        _object(value, out)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        _array(value, out)
    else:
        raise _cannot(f"a {type(value).__name__}", f"{type(value).__name__} 类型")


def _object(value: Mapping[Any, Any], out: list[str]) -> None:
    for key in value:
        if not isinstance(key, str):
            raise _cannot(f"the key {key!r}", f"键 {key!r}")
    between = "{"
    for key in sorted(value, key=_units):
        out += (between, _quote(key), ":")
        _write(value[key], out)
        between = ","
    out.append("}" if value else "{}")


def _array(value: Sequence[Any], out: list[str]) -> None:
    between = "["
    for item in value:
        out.append(between)
        _write(item, out)
        between = ","
    out.append("]" if value else "[]")


def _units(key: str) -> bytes | str:
    """Order of UTF-16 code units; for ASCII that is the order of characters."""
    return key.encode("utf-16-be", "surrogatepass")


def _number(value: float) -> str:
    if isinstance(value, int):
        return int.__repr__(value) if abs(value) <= _LARGEST else _large(value)
    if not math.isfinite(value):
        raise _cannot(repr(value), repr(value))
    if value == 0:
        return "0"
    return ("-" if value < 0 else "") + _digits(abs(value))


def _large(value: int) -> str:
    """An integer that is a double, or the shortest spelling of one; any other would lose digits."""
    near = float(value) if abs(value) < _BEYOND else math.inf
    if math.isinf(near) or (near != value and _number(near) != str(value)):
        bits = value.bit_length()
        raise _cannot(f"an integer of {bits} bits", f"{bits} 位的整数")
    return _number(near)


def _digits(value: float) -> str:
    """ECMAScript's Number::toString of a positive double."""
    mantissa, _, exponent = float.__repr__(value).partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + part) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{point - 1:+d}"


def _cannot(en: str, zh: str) -> DataError:
    return DataError(
        Text(f"{en} has no place in evidence", f"{zh} 不能写入证据"),
        fix=Text(
            "write it as text, or pass it through vocabulary.wire.plain",
            "改写为文本，或先用 vocabulary.wire.plain 转换",
        ),
    )
