"""Amounts with their currency: read strictly, changed only at a rate that somebody has stated."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["Worth", "changed", "currency", "rates", "worth_of"]

_WORTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]{3})\s*(?:/\s*(\S.*?))?\s*")


@dataclass(frozen=True, slots=True)
class Worth:
    """What one unit of a metric is worth."""

    amount: float
    currency: str  # ISO 4217
    unit: str  # of the metric, as the person wrote it; "" = none


def worth_of(text: str) -> Worth:
    """Read "0.42 CNY/kWh".

    Raises:
        DataError: it is no amount with a currency.

    >>> worth_of("0.42 CNY/kWh")
    Worth(amount=0.42, currency='CNY', unit='kWh')
    """
    found = _WORTH.fullmatch(text)
    if found is None:
        raise DataError(
            Text(f"'{text}' is no worth of a unit", f"“{text}”不是有效的单位价值"),
            at="--worth",
            fix=Text(
                "write it as 0.42 CNY/kWh; which way is better says --better",
                "请写作 0.42 CNY/kWh；方向由 --better 说明",
            ),
        )
    return Worth(float(found[1]), found[2].upper(), found[3] or "")


def currency(text: str) -> str:
    """The three letters of a currency.

    Raises:
        DataError: they are not three letters.
    """
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise DataError(
            Text(f"'{text}' is no currency", f"“{text}”不是币种"),
            at="--currency",
            fix=Text("write its three letters: CNY, EUR", "请写三字母代码：CNY、EUR"),
        )
    return text.upper()


def rates(texts: Iterable[str]) -> dict[str, float]:
    """Read "EUR=7.8": what one of that currency is in the currency of the answer.

    Raises:
        DataError: it is no such pair.
    """
    told = {}
    for text in texts:
        found = re.fullmatch(r"\s*([A-Za-z]{3})\s*=\s*([0-9]*\.?[0-9]+)\s*", text)
        if found is None or not float(found[2]) > 0:
            raise DataError(
                Text(f"'{text}' is no exchange rate", f"“{text}”不是汇率"),
                at="--exchange",
                fix=Text("write EUR=7.8 for 1 EUR = 7.8 of the other", "1 EUR = 7.8 请写作 EUR=7.8"),
            )
        told[found[1].upper()] = float(found[2])
    return told


def changed(amount: float, own: str, wanted: str, told: Mapping[str, float]) -> float:
    """An amount in another currency.

    Raises:
        DataError: nobody has stated the rate.
    """
    if own == wanted:
        return amount
    if own not in told:
        raise DataError(
            Text(f"costs in {own} beside a value in {wanted}, and no rate", f"费用为 {own}，价值为 {wanted}，缺少汇率"),
            at="--exchange",
            fix=Text(
                f"state it: --exchange {own}=RATE (1 {own} in {wanted})",
                f"请给出：--exchange {own}=汇率（1 {own} 合多少 {wanted}）",
            ),
        )
    return amount * told[own]
