"""Numbers of contracts: 47 characters as the technical document on digital contracts gives them, checked our way."""

from datetime import datetime

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["contract_number", "proper_number"]

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NODES = {"region": "1", "industry": "2", "firm": "3"}
_PARTS = (("entity", 18), ("area", 4), ("random", 8))


def contract_number(*, entity: str, area: str, at: datetime, random: str, node: str = "firm") -> str:
    """C, kind of node, entity, area or industry, time, random signs, check sign.

    How the check sign is made was not seen; ours is ISO 7064 MOD 37,36 over the 46 signs before it.

    Args:
        entity: 18 signs, a unified social credit code.
        area: 4 digits of an administrative division or signs of an industry.
        at: in the time zone that is to be written.
        random: 8 signs.
        node: "region", "industry" or "firm".

    Raises:
        DataError: a part has another length or other signs.

    >>> n = contract_number(
    ...     entity="91310000MA1FL0B07X", area="3100", at=datetime(2026, 11, 29, 8), random="0A1B2C3D"
    ... )
    >>> len(n), n[:25], proper_number(n)
    (47, 'C391310000MA1FL0B07X31002', True)

    Source: layout of TC609-6-2025-14, appendix C.1, as seen in a public note.
    """
    for (name, length), part in zip(_PARTS, (entity, area, random), strict=True):
        if len(part) != length or any(sign not in _SIGNS for sign in part):
            raise DataError(
                Text(f"'{part}' cannot be the {name} of a contract number", f"“{part}”不能作为合同编号的 {name}"),
                at=name,
                fix=Text(f"give {length} digits or capital letters", f"请给出 {length} 位数字或大写字母"),
            )
    body = f"C{_NODES[node]}{entity}{area}{at:%Y%m%d%H%M%S}{random}"
    return body + _check(body)


def proper_number(text: str) -> bool:
    """Whether a text is such a number, and its check sign is right."""
    right = len(text) == 47 and text[0] == "C" and text[1] in "123" and all(sign in _SIGNS for sign in text)
    return right and text[24:38].isdigit() and _check(text[:46]) == text[46]


def _check(body: str) -> str:
    """ISO 7064 MOD 37,36."""
    product = 36
    for sign in body:
        total = (product + _SIGNS.index(sign)) % 36 or 36
        product = total * 2 % 37
    return _SIGNS[(37 - product) % 36]
