"""Values in 16-bit registers: types, the order of bytes and words, scale and offset."""

import re
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

__all__ = ["ORDERS", "TYPES", "Form", "form_of", "read", "spoken", "written"]

TYPES = {
    "int16": ">i2", "uint16": ">u2", "int32": ">i4", "uint32": ">u4", "int64": ">i8", "uint64": ">u8",
    "float32": ">f4", "float64": ">f8",
}  # fmt: skip
"""Numbers and how numpy calls them when the most significant byte comes first."""

ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
"""Which byte of a number stands first: words in order or swapped, bytes in a word in order or swapped."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a value is written down."""

    type: str  # of TYPES, "bit" (of a register), "switch" (a coil) or "string"
    size: int  # registers, or bits for a coil
    order: str = "ABCD"
    bit: int = 0
    scale: float = 1.0
    offset: float = 0.0


def form_of(type: str, order: str, scale: float, offset: float) -> Form:  # noqa: A002
    """A form from what a map says: "float32", "string:16" (characters), "bit:3", "switch".

    Raises:
        ValueError: there is no such type or order.
    """
    if order not in ORDERS:
        raise ValueError(f"order {order}")
    if type == "switch":
        return Form("switch", 1)
    if type in TYPES:
        return Form(type, np.dtype(TYPES[type]).itemsize // 2, order, 0, scale, offset)
    found = re.fullmatch(r"(string|bit):(\d{1,3})", type)
    number = int(found[2]) if found else -1
    if found and found[1] == "string" and 1 <= number <= 240:
        return Form("string", (number + 1) // 2, order)
    if found and found[1] == "bit" and number < 16:
        return Form("bit", 1, order, number)
    raise ValueError(f"type {type}")


def read(words: NDArray[np.uint16], form: Form) -> NDArray[np.float64]:
    """Numbers of one form; `words` has the shape (n, size).

    >>> read(np.array([[0x4248, 0], [0x4248, 0]], np.uint16), form_of("float32", "ABCD", 1, 0))
    array([50., 50.])
    """
    if form.type == "bit":
        return (words[:, 0] >> form.bit & 1).astype(np.float64)
    raw = np.frombuffer(_ordered(words, form.order).astype(">u2").tobytes(), TYPES[form.type]).astype(np.float64)
    return raw if (form.scale, form.offset) == (1.0, 0.0) else raw * form.scale + form.offset


def spoken(words: NDArray[np.uint16], form: Form) -> str:
    """The text in the registers of a string, up to the first zero."""
    data = _ordered(words[None, :], "BADC" if form.order[0] in "BD" else "ABCD").astype(">u2").tobytes()
    return data.split(b"\0", 1)[0].decode("utf-8", errors="replace").rstrip()


def written(value: float | str, form: Form) -> list[int]:
    """Registers of a value.

    Raises:
        ValueError: it does not fit.

    >>> written(12.5, form_of("int16", "ABCD", 0.1, 0))
    [125]
    """
    if form.type == "string":
        raw = str(value).encode()[: form.size * 2].ljust(form.size * 2, b"\0")
    else:
        raw = _number(float(value), form)
    words = np.frombuffer(raw, ">u2").astype(np.uint16)[None, :]
    order = form.order if form.type != "string" else "BADC" if form.order[0] in "BD" else "ABCD"
    return [int(word) for word in _ordered(words, order)[0]]


def _number(value: float, form: Form) -> bytes:
    raw = (value - form.offset) / form.scale
    kind = np.dtype(TYPES[form.type])
    if not isfinite(raw):
        raise ValueError("no finite number")
    if kind.kind == "f":
        with np.errstate(over="ignore"):
            made = np.array(raw, kind)
        if not np.isfinite(made):
            raise ValueError("too large")
        return made.tobytes()
    limits, whole = np.iinfo(kind), round(raw)
    if not limits.min <= whole <= limits.max:
        raise ValueError(
            f"outside {limits.min * form.scale + form.offset:g} to {limits.max * form.scale + form.offset:g}"
        )
    return np.array(whole, kind).tobytes()


def _ordered(words: NDArray[np.uint16], order: str) -> NDArray[np.uint16]:
    """The same words with the most significant byte first, or back: the change is its own inverse."""
    if order in ("CDAB", "DCBA"):
        words = words[:, ::-1]
    return words.byteswap() if order in ("BADC", "DCBA") else words
