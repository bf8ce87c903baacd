"""The words in a column's name."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["called", "head", "named", "words"]

_PARTS = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüß]+|\d+|[^\W\d_A-Za-z]+")
_CODES = {
    "id",
    "ids",
    "no",
    "nr",
    "num",
    "number",
    "name",
    "code",
    "key",
    "tag",
    "kennung",
    "nummer",
    "编号",
    "号",
    "名称",
}
_DETAILS = {"avg", "average", "mean", "min", "max", "rms", "std", "pv", "sp", "value", "val", "actual", "act", "set"}
_DETAILS |= {"in", "out", "inlet", "outlet", "top", "bottom", "rate", "raw", "measured", "mittel", "soll", "ist"}


@lru_cache(maxsize=1 << 14)
def words(name: str) -> tuple[str, ...]:
    """The parts of a name in lower case.

    >>> words("Air_temperature [K]"), words("machineID"), words("Machine.failure"), words("Sensor2RMS")
    (('air', 'temperature', 'k'), ('machine', 'id'), ('machine', 'failure'), ('sensor', '2', 'rms'))
    """
    return tuple(part.lower() for part in _PARTS.findall(unicodedata.normalize("NFKC", name)))


def called(name: str, vocabulary: Iterable[str]) -> str:
    """The word that a name is, apart from "id", "number" and the like; "" where it says more.

    >>> called("Machine ID", ["machine"]), called("Machine.failure", ["machine"]), called("设备编号", ["设备"])
    ('machine', '', '设备')
    """
    bare = [w for w in words(name) if w not in _CODES]
    for word in vocabulary:
        if list(words(word)) in (bare, list(words(name))) or (_inside(word) and _bare(name) == word):
            return word
    return ""


def head(name: str, vocabulary: Iterable[str]) -> str:
    """The word with which a name ends, apart from numbers, places and statistics; "" where it ends otherwise.

    >>> head("Air_temperature_in_2", ["temperature"]), head("Current_Power_Factor", ["current", "power"])
    ('temperature', '')
    """
    bare = list(words(re.sub(r"[\[(（].*$", "", name)))
    while bare and (bare[-1].isdigit() or bare[-1] in _DETAILS):
        bare.pop()
    for word in vocabulary:
        parts = list(words(word))
        if (parts and bare[-len(parts) :] == parts) or (_inside(word) and word in name):
            return word
    return ""


def _inside(word: str) -> bool:
    """A Chinese word, which may stand anywhere in a name."""
    return "\u4e00" <= word[0] <= "\u9fff"


def _bare(name: str) -> str:
    return re.sub(r"(编号|号码|号|名称|名)$", "", name.strip())


def named(name: str, vocabulary: Iterable[str]) -> str:
    """The first word of a vocabulary that a name contains; "" where there is none.

    A Chinese word may stand anywhere in the name, another one only as whole parts of it.

    >>> named("reactor_temp", ["temp"]), named("template", ["temp"]), named("入口温度", ["温度"])
    ('temp', '', '温度')
    """
    parts = words(name)
    joined = "_" + "_".join(parts) + "_"
    for word in vocabulary:
        inside = (not word.isascii() and not word[0].isalpha()) or "\u4e00" <= word[0] <= "\u9fff"
        if (inside and word in name) or "_" + "_".join(words(word)) + "_" in joined:
            return word
    return ""
