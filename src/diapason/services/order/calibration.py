"""How well promises were kept, over all closed orders of a workspace, and what follows for new ones."""

import math
from typing import Any

import numpy as np

from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.vocabulary.language import Text

__all__ = ["ENOUGH", "LEVEL", "calibration", "closed", "wider"]

ENOUGH, LEVEL = 9, 0.9
"""Closed orders from which on new promises are corrected: fewer cannot show a 90 % limit; level of the promises."""
_LEAST, _MOST = 0.5, 5.0


def closed(ws: Workspace) -> list[dict[str, Any]]:
    """What each closed order had promised and what it gave, oldest first; those without a promise are left out."""
    results = [facts["result"] for facts in attest.results(ws, "order")]
    return [r for r in results if r.get("promised") and r.get("realised")]


def calibration(ws: Workspace) -> dict[str, Any]:
    """Coverage, bias and the correction that new promises get.

    Returns:
        orders (how many were closed with a promise), covered (share), bias (mean of delivered less promised, in half
        widths of the promise), factor on the doubt of new promises, corrected, sentence in both languages, kept.
    """
    kept = closed(ws)
    off = _off(kept)
    covered = float(np.mean(np.abs(off) <= 1)) if kept else None
    factor = wider(ws)
    bias = float(off.mean()) if kept else None
    said = _sentence(len(kept), covered, bias, factor)
    return {
        "orders": len(kept),
        "covered": covered,
        "nominal": LEVEL,
        "bias": bias,
        "factor": factor,
        "corrected": len(kept) >= ENOUGH,
        "sentence": {"en": said.en, "zh": said.zh},
        "kept": kept,
    }


def wider(ws: Workspace) -> float:
    """Factor on the doubt of new promises: 1 with fewer than nine closed orders.

    The smallest factor with which the promises kept so far would have held as often as 90 % of the next ones need:
    the conformal quantile of |delivered - promised| in half widths.
    """
    off = np.sort(np.abs(_off(closed(ws))))
    if len(off) < ENOUGH:
        return 1.0
    place = min(len(off), math.ceil((len(off) + 1) * LEVEL)) - 1
    return float(np.clip(off[place], _LEAST, _MOST))


def _off(kept: list[dict[str, Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Delivered less promised, in half widths of the promise on that side, as it was made before any correction."""
    out = []
    for r in kept:
        p, d = r["promised"], r["realised"]["value"]
        half = (p["high"] - p["value"]) if d >= p["value"] else (p["value"] - p["low"])
        out.append((d - p["value"]) / max(half, 1e-12))
    return np.array(out, dtype=np.float64)


def _sentence(count: int, covered: float | None, bias: float | None, factor: float) -> Text:
    if covered is None or bias is None:
        return Text(
            "No order with a promise was closed yet; how well promises hold here is not known.",
            "尚无带承诺的任务关闭，承诺在此处的准确度未知。",
        )
    way = Text("more", "多于") if bias > 0 else Text("less", "少于")
    more = Text(
        f" With fewer than {ENOUGH} closed orders new promises are not corrected.",
        f"关闭的任务少于 {ENOUGH} 项，新承诺不作校正。",
    )
    if count >= ENOUGH:
        more = Text(
            f" The doubt of new promises is multiplied by {factor:.2g}.", f"新承诺的不确定度乘以 {factor:.2g}。"
        )
    return Text(
        f"{covered:.0%} of {count} promises held (90 % is right); on average {way.en} was delivered than promised, "
        f"by {abs(bias):.2g} half widths.{more.en}",
        f"{count} 项承诺中有 {covered:.0%} 兑现（应为 90 %）；平均实际{way.zh}承诺 {abs(bias):.2g} 个半宽。{more.zh}",
    )
