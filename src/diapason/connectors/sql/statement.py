"""One SELECT and nothing else."""

import re

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["has_order", "quoted_name", "selected", "single"]

_ASIDE = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*(?:'|\Z)|"(?:[^"]|"")*(?:"|\Z)|(?<![\w$])\$([^\W\d]\w*)?\$.*?(?:\$\1\$|\Z)""",
    re.DOTALL,
)
"""Comments, texts and names: what both databases read as such, so that nothing else hides a semicolon."""
_FIRST = ("select", "with", "values", "table")


def single(query: str) -> str:
    r"""The query without its last semicolon.

    Raises:
        DataError: it is no SELECT, or more than one statement.

    >>> single("select ';' as x -- ;\n from t ;")
    "select ';' as x -- ;\n from t"
    """
    bare = _ASIDE.sub(lambda found: " " * len(found.group()), query)
    cut = bare.rstrip().removesuffix(";").rstrip()
    query = (query[: len(cut)] if len(cut) < len(bare.rstrip()) else query).strip()
    word = re.match(r"[\s(]*(\w+)", cut)
    if "\x00" in query or word is None or word.group(1).lower() not in _FIRST:
        said = word.group(1).upper() if word else "—"
        raise _refused(
            Text(f"the query begins with {said}, not with SELECT", f"查询以 {said} 开头，而不是 SELECT"), query
        )
    if ";" in cut:
        raise _refused(Text("there is more than one statement", "语句多于一条"), query)
    return query


def has_order(query: str) -> bool:
    """Whether the query says in which order its rows come."""
    return bool(re.search(r"(?i)\border\s+by\b", _ASIDE.sub(" ", query)))


def selected(table: str) -> str:
    """The SELECT for a whole table, with or without its schema."""
    return "SELECT * FROM " + ".".join(quoted_name(part) for part in table.split("."))  # noqa: S608  # quoted


def quoted_name(name: str) -> str:
    """A name as SQL writes it.

    >>> quoted_name('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def _refused(what: Text, query: str) -> DataError:
    at = " ".join(query.split())[:80] or "--query"
    fix = Text(
        'give one SELECT: --query "select time, temp from oven order by time"',
        '请只给一条 SELECT：--query "select time, temp from oven order by time"',
    )
    return DataError(what, at=at, fix=fix)
