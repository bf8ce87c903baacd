"""Names that people give to datasets, models and persons, and the file names that stand for them."""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import sha256

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["file_name", "no_column", "proper"]

LONGEST = 80
_BAD = re.compile(r'[\x00-\x1f\x7f@/\\:*?"<>|]')
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))}


def proper(name: str, *, at: str = "") -> str:
    """The name in its one spelling (Unicode NFC), if it can be the name of something.

    Raises:
        DataError: empty, longer than 80, a sign such as / or @, a dot or space at an end, or a device of Windows.

    >>> proper("turbofan-2"), proper("涡轮")
    ('turbofan-2', '涡轮')
    """
    name = unicodedata.normalize("NFC", name)
    bad = _BAD.search(name)
    hidden = any(unicodedata.category(c) in ("Cs", "Cf", "Zl", "Zp") for c in name)
    stem = name.split(".")[0].lower()
    if bad or hidden or not 0 < len(name) <= LONGEST or name != name.strip(" .") or name[0] == "-" or stem in _DEVICES:
        raise DataError(
            Text(f"{name!r} cannot be a name", f"{name!r} 不能用作名称"),
            at=at,
            fix=Text(
                r'1 to 80 letters, digits, - _ or spaces in between; none of @ / \ : * ? " < > |',
                r'1 到 80 个文字、数字、- _，中间可有空格；不可含 @ / \ : * ? " < > |',
            ),
        )
    return name


def file_name(name: str) -> str:
    """A file name in plain ASCII, the same on every system, different for different names.

    >>> file_name("turbofan"), file_name("Turbofan")
    ('turbofan', 'turbofan.b927292e4a67')
    """
    if _PLAIN.fullmatch(name) and name not in _DEVICES:
        return name
    words = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:40]
    return f"{words or 'x'}.{sha256(name.encode()).hexdigest()[:12]}"


def no_column(word: str, names: Sequence[str]) -> DataError:
    """What is said where a column is not there: those that are near, and those that are there."""
    from difflib import get_close_matches

    near = get_close_matches(word, names, 3, 0.5)
    shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return DataError(
        Text(f"there is no column '{word}'", f"没有列“{word}”"),
        at=f"{len(names)} columns",
        fix=Text(
            (f"did you mean {' or '.join(near)}? " if near else "") + f"the columns are: {shown}",
            (f"是不是 {' 或 '.join(near)}？" if near else "") + f"现有的列：{shown}",
        ),
    )
