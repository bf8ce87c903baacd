"""What a text is, by its first lines: JSON with one record to a line, line protocol, or a table of cells."""

import codecs
import json
import re
from pathlib import PurePath

from diapason.connectors.files.points import looks_like_points

__all__ = ["text_form"]

_RECORDS = (".jsonl", ".ndjson")
_POINTS = (".lp", ".line")
_PACKED = (".gz", ".bz2", ".xz", ".zip")


def text_form(head: bytes, name: str) -> str:
    r"""One of "records", "points", "document" (JSON that is no table) and "text".

    >>> text_form(b'{"a": 1}\n{"a": 2}\n', "x.txt"), text_form(b'[\n {"a": 1}]', "x.json")
    ('records', 'document')
    >>> text_form(b"a,b\n1,2", "x")
    'text'
    """
    suffixes = [s.lower() for s in PurePath(name).suffixes]
    suffix = next((s for s in reversed(suffixes) if s not in _PACKED), "")
    data = head.removeprefix(codecs.BOM_UTF8)
    lines = data.split(b"\n")
    whole = lines[:-1] if len(lines) > 1 else lines
    if suffix in _RECORDS or (data.lstrip()[:1] == b"{" and any(_is_record(line) for line in whole[:50])):
        return "records"
    if re.match(rb"\s*(\{|\[\s*[\[{])", data):
        return "document"
    text = b"\n".join(whole).decode("utf-8", "replace")
    return "points" if looks_like_points(text, said=suffix in _POINTS) else "text"


def _is_record(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
