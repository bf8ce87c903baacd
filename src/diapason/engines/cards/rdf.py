"""A few statements about named things, written as Turtle and as JSON-LD: the same graph in both.

Source: W3C, RDF 1.1 Turtle and JSON-LD 1.1.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

__all__ = ["Iri", "Literal", "Node", "jsonld", "turtle"]

_KEPT = "-._~:/?#[]@!$&'()*+,;=%"


@dataclass(frozen=True, slots=True)
class Iri:
    """The name of a thing: whole, relative to the file, or short with a prefix."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: text in a language, or of a type such as `xsd:date`."""

    text: str
    language: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A thing, its types, and what is said of it; one without a name lives inside another."""

    kinds: tuple[str, ...]
    said: tuple[tuple[str, "Iri | Literal | Node"], ...]
    name: str = ""


def safe(name: str) -> str:
    """A name in which nothing ends it too early."""
    return quote(name, safe=_KEPT)


def jsonld(nodes: Iterable[Node], prefixes: Mapping[str, str]) -> dict[str, Any]:
    """The document of a graph."""
    return {"@context": dict(prefixes), "@graph": [_object(node) for node in nodes]}


def _object(node: Node) -> dict[str, Any]:
    made: dict[str, Any] = {"@id": safe(node.name)} if node.name else {}
    made["@type"] = list(node.kinds)
    for key, value in node.said:
        made.setdefault(key, []).append(_value(value))
    return made


def _value(value: Iri | Literal | Node) -> dict[str, Any]:
    if isinstance(value, Node):
        return _object(value)
    if isinstance(value, Iri):
        return {"@id": safe(value.name)}
    more = {"@language": value.language} if value.language else {"@type": value.kind} if value.kind else {}
    return {"@value": value.text, **more}


def turtle(nodes: Iterable[Node], prefixes: Mapping[str, str]) -> str:
    """The text of a graph."""
    lines = [f"@prefix {name}: <{address}> ." for name, address in prefixes.items()]
    return "\n".join([*lines, *(f"\n<{safe(n.name)}> {_block(n, prefixes, 1)} ." for n in nodes)]) + "\n"


def _block(node: Node, prefixes: Mapping[str, str], depth: int) -> str:
    pairs = [f"a {', '.join(_short(k, prefixes) for k in node.kinds)}"] if node.kinds else []
    pairs += [f"{_short(key, prefixes)} {_term(value, prefixes, depth)}" for key, value in node.said]
    return (" ;\n" + "    " * depth).join(pairs)


def _term(value: Iri | Literal | Node, prefixes: Mapping[str, str], depth: int) -> str:
    if isinstance(value, Node):
        return f"[ {_block(value, prefixes, depth + 1)} ]"
    if isinstance(value, Iri):
        return _short(value.name, prefixes)
    tail = f"@{value.language}" if value.language else f"^^{_short(value.kind, prefixes)}" if value.kind else ""
    return f'"{_escaped(value.text)}"{tail}'


def _short(name: str, prefixes: Mapping[str, str]) -> str:
    prefix, colon, local = name.partition(":")
    if colon and prefix in prefixes and re.fullmatch(r"[A-Za-z][\w-]*", local):
        return name
    return f"<{safe(name)}>"


def _escaped(text: str) -> str:
    return "".join(
        f"\\{c}" if c in '"\\' else f"\\u{ord(c):04X}" if ord(c) < 0x20 or ord(c) == 0x7F else c for c in text
    )
