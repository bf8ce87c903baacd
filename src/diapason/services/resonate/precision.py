"""How well a sheet of so many rows would tell the share of wrong ones."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["SIZES", "precision"]

SIZES = (25, 50, 100, 200, 400)
"""Sheets that are compared, in rows."""


def precision(audit: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each size of sheet, what the share of wrong rows is likely to be told as, and how closely.

    The doubts of the rows on the sheet are taken as the chances that they are wrong; a sheet of another size is drawn
    with inclusion probabilities in proportion.

    Args:
        audit: rows of a sheet with `inclusion` and `doubt`, both 0..1.

    Returns:
        rows, share and half (half-width of its 95 % interval), shares from 0 to 1; empty without a sheet.

    >>> [round(p["half"], 3) for p in precision([{"inclusion": 0.01, "doubt": 0.1}] * 100)][:2]
    [0.117, 0.083]

    Source: variance of the Hajek mean under Poisson sampling; Särndal, Swensson and Wretman, Model Assisted Survey
    Sampling (1992), with the expected answer in the place of the answer.
    """
    if not audit:
        return []
    inclusion = np.maximum(np.array([float(r["inclusion"]) for r in audit]), 1e-9)
    doubt = np.array([float(r["doubt"]) for r in audit])
    weight = 1 / inclusion
    total = float(weight.sum())
    share = float(weight @ doubt / total)
    spread = doubt * (1 - doubt) + np.square(doubt - share)
    found = []
    for size in sorted({*SIZES, len(audit)}):
        if size > total:
            break
        chance = np.minimum(inclusion * size / len(audit), 1.0)
        error = math.sqrt(float((weight * (1 - chance) / chance) @ spread)) / total
        found.append({"rows": size, "share": share, "half": 1.96 * error})
    return found
