"""An ODRL policy, read strictly: what this profile does not know is refused, never passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["CONTEXT", "KINDS", "PROFILE", "PURPOSES", "Terms", "policy", "read"]

CONTEXT = "http://www.w3.org/ns/odrl.jsonld"
PROFILE = "urn:diapason:odrl:profile:1"
PURPOSES = {
    "train": Text("learn models from it", "训练模型"),
    "evaluate": Text("judge models on it", "评测模型"),
    "improve": Text("find and mend what is wrong in it", "查找并修复数据问题"),
    "publish": Text("put a model that was learnt from it to work", "发布由其训练的模型"),
    "trial": Text("let a visiting method be tried on it", "供外来方法试验"),
}
"""What a dataset may be used for; the words are ours."""
KINDS = ("Set", "Offer", "Agreement")
_PURPOSE = "urn:diapason:purpose:"
_LONGEST = 300
_POLICY = {
    "@context",
    "@type",
    "uid",
    "profile",
    "target",
    "assigner",
    "assignee",
    "permission",
    "prohibition",
    "obligation",
}
_RULE = {"action", "target", "constraint"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What may be done with a dataset, and what must be; empty or None = not limited."""

    kind: str  # "Offer", "Agreement", "Set"
    uid: str = ""
    assigner: str = ""
    assignee: str = ""
    purposes: tuple[str, ...] = ()
    until: date | None = None  # last day of use
    uses: int | None = None
    places: tuple[str, ...] = ()  # ISO 3166: "CN", "CN-31"
    derive: bool = True  # new versions and models may be made
    hand_out: bool = True  # it may be given to others
    attribution: str = ""  # who is named
    delete_by: date | None = None  # day by which it must be gone


def read(told: object, *, at: str) -> Terms:
    """Terms from a policy as JSON-LD in the compact form of the ODRL context.

    Args:
        told: the JSON.
        at: the file, for the error.

    Raises:
        DataError: something in it is not of this profile, or said twice; names the place.
    """
    said = _object(told, _POLICY, at)
    if said.get("@context") not in (CONTEXT, [CONTEXT]):
        raise _unknown(f"{at}, @context", said.get("@context"), CONTEXT)
    kind = _one_of(said.get("@type"), KINDS, f"{at}, @type")
    if said.get("profile", PROFILE) != PROFILE:
        raise _unknown(f"{at}, profile", said["profile"], PROFILE)
    permissions = _listed(said.get("permission"), f"{at}, permission")
    if len(permissions) != 1:
        raise DataError(
            Text(f"{len(permissions)} permissions stand here", f"此处有 {len(permissions)} 条许可"),
            at=f"{at}, permission",
            fix=Text("give one permission with the action use", "请给出一条 action 为 use 的许可"),
        )
    parts: dict[str, Any] = _permission(permissions[0], f"{at}, permission")
    for i, rule in enumerate(_listed(said.get("prohibition"), f"{at}, prohibition")):
        parts[_prohibited(rule, f"{at}, prohibition[{i}]")] = False
    for i, rule in enumerate(_listed(said.get("obligation"), f"{at}, obligation")):
        if "delete_by" in parts:
            raise _twice(f"{at}, obligation[{i}]")
        parts["delete_by"] = _delete(rule, f"{at}, obligation[{i}]")
    parts |= {key: _text(said.get(key, ""), f"{at}, {key}") for key in ("uid", "assigner", "assignee")}
    return Terms(kind, **parts)


def policy(terms: Terms, *, target: str) -> dict[str, Any]:
    """The policy of terms, in the form that `read` reads."""
    limits: list[dict[str, Any]] = []
    if terms.purposes:
        limits.append(_limit("purpose", "isAnyOf", [_PURPOSE + p for p in terms.purposes]))
    if terms.until:
        limits.append(_limit("dateTime", "lteq", _dated(terms.until)))
    if terms.uses is not None:
        limits.append(_limit("count", "lteq", terms.uses))
    if terms.places:
        limits.append(_limit("spatial", "isAnyOf", list(terms.places)))
    permission: dict[str, Any] = {"action": "use", "target": target} | ({"constraint": limits} if limits else {})
    if terms.attribution:
        permission["duty"] = [{"action": "attribute", "attributedParty": terms.attribution}]
    told: dict[str, Any] = {"@context": CONTEXT, "@type": terms.kind, "profile": PROFILE, "permission": [permission]}
    told |= {key: getattr(terms, key) for key in ("uid", "assigner", "assignee") if getattr(terms, key)}
    forbidden = [a for a, free in (("derive", terms.derive), ("distribute", terms.hand_out)) if not free]
    if forbidden:
        told["prohibition"] = [{"action": action, "target": target} for action in forbidden]
    if terms.delete_by:
        limit = _limit("dateTime", "lteq", _dated(terms.delete_by))
        told["obligation"] = [{"action": "delete", "target": target, "constraint": [limit]}]
    return told


def _permission(rule: object, at: str) -> dict[str, Any]:
    said = _object(rule, _RULE | {"duty"}, at)
    _one_of(said.get("action"), ("use",), f"{at}, action")
    parts: dict[str, Any] = {}
    for i, limit in enumerate(_listed(said.get("constraint"), f"{at}, constraint")):
        key, value = _constraint(limit, f"{at}, constraint[{i}]")
        if key in parts:
            raise _twice(f"{at}, constraint[{i}]")
        parts[key] = value
    for i, duty in enumerate(_listed(said.get("duty"), f"{at}, duty")):
        here = f"{at}, duty[{i}]"
        told = _object(duty, {"action", "attributedParty"}, here)
        _one_of(told.get("action"), ("attribute",), f"{here}, action")
        if "attribution" in parts:
            raise _twice(here)
        parts["attribution"] = _text(told.get("attributedParty", ""), f"{here}, attributedParty", needed=True)
    return parts


def _prohibited(rule: object, at: str) -> str:
    said = _object(rule, {"action", "target"}, at)
    action = _one_of(said.get("action"), ("derive", "distribute"), f"{at}, action")
    return "derive" if action == "derive" else "hand_out"


def _delete(rule: object, at: str) -> date:
    said = _object(rule, _RULE, at)
    _one_of(said.get("action"), ("delete",), f"{at}, action")
    limits = _listed(said.get("constraint"), f"{at}, constraint")
    if len(limits) != 1:
        raise _unknown(f"{at}, constraint", limits, "dateTime lteq")
    key, value = _constraint(limits[0], f"{at}, constraint[0]")
    if key != "until":
        raise _unknown(f"{at}, constraint[0], leftOperand", key, "dateTime")
    day: date = value
    return day


def _constraint(limit: object, at: str) -> tuple[str, Any]:
    said = _object(limit, {"leftOperand", "operator", "rightOperand"}, at)
    left = _one_of(said.get("leftOperand"), tuple(_LIMITS), f"{at}, leftOperand")
    key, operators, value = _LIMITS[left]
    operator = _one_of(said.get("operator"), operators, f"{at}, operator")
    right = said.get("rightOperand")
    if isinstance(right, list) and operator != "isAnyOf":
        raise _unknown(f"{at}, rightOperand", right, f"one value with {operator}")
    return key, value(right, f"{at}, rightOperand")


def _purposes(value: object, at: str) -> tuple[str, ...]:
    words = [_text(v, at, needed=True).removeprefix(_PURPOSE) for v in (value if isinstance(value, list) else [value])]
    if not words:
        raise _unknown(at, value, ", ".join(PURPOSES))
    return tuple(dict.fromkeys(_one_of(word, tuple(PURPOSES), at) for word in words))


def _places(value: object, at: str) -> tuple[str, ...]:
    words = [_text(v, at, needed=True) for v in (value if isinstance(value, list) else [value])]
    for word in words:
        country, _, part = word.partition("-")
        right = len(country) == 2 and country.isalpha() and country.isupper() and country.isascii()
        if not right or ("-" in word and not (part.isascii() and part.isalnum() and len(part) <= 3)):
            raise _unknown(at, word, "CN, CN-31, DE")
    if not words:
        raise _unknown(at, value, "CN, CN-31, DE")
    return tuple(dict.fromkeys(words))


def _day(value: object, at: str) -> date:
    if isinstance(value, Mapping):
        told = _object(value, {"@value", "@type"}, at)
        _one_of(told.get("@type"), ("xsd:date", "http://www.w3.org/2001/XMLSchema#date"), f"{at}, @type")
        value = told.get("@value")
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _unknown(at, value, "2027-12-31") from None


def _number(value: object, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**9:
        raise _unknown(at, value, "1, 2, 3 …")
    return value


_LIMITS: Mapping[str, tuple[str, tuple[str, ...], Any]] = {
    "purpose": ("purposes", ("eq", "isAnyOf"), _purposes),
    "dateTime": ("until", ("lteq",), _day),
    "count": ("uses", ("lteq",), _number),
    "spatial": ("places", ("eq", "isAnyOf"), _places),
}
"""What can be limited: the part of the terms, the operators, and how the value is read."""


def _limit(left: str, operator: str, right: object) -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _dated(day: date) -> dict[str, str]:
    return {"@value": day.isoformat(), "@type": "xsd:date"}


def _object(told: object, known: set[str], at: str) -> Mapping[str, Any]:
    if not isinstance(told, Mapping):
        raise _unknown(at, told, "{ … }")
    odd = sorted(str(key) for key in told if key not in known)
    if odd:
        raise _unknown(f"{at}, {odd[0]}", odd[0], ", ".join(sorted(known)))
    return told


def _listed(told: object, at: str) -> Sequence[Any]:
    if told is None:
        return ()
    found = told if isinstance(told, list) else [told]
    if len(found) > 20:
        raise _unknown(at, f"{len(found)} rules", "20")
    return found


def _text(told: object, at: str, *, needed: bool = False) -> str:
    if not isinstance(told, str) or len(told) > _LONGEST or not told.isprintable() or (needed and not told.strip()):
        raise _unknown(at, told, Text("a short text", "一段短文本"))
    return told


def _one_of(told: object, known: tuple[str, ...], at: str) -> str:
    if not isinstance(told, str) or told not in known:
        raise _unknown(at, told, ", ".join(known))
    return told


def _unknown(at: str, told: object, known: str | Text) -> DataError:
    shown = str(told)[:60]
    fix = known if isinstance(known, Text) else Text(f"it may be: {known}", f"可写：{known}")
    return DataError(
        Text(f"'{shown}' is not of the terms that are kept here", f"“{shown}”不属于此处可执行的条款"), at=at, fix=fix
    )


def _twice(at: str) -> DataError:
    return DataError(Text("this is said twice", "此项重复"), at=at, fix=Text("keep one of them", "请只保留一项"))
