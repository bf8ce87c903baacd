"""A model's parts as bytes: JSON and npz without objects; the same content gives the same bytes."""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diapason.errors import BrokenEvidence, DataError
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["array_bytes", "arrays", "fact_bytes", "facts", "part"]


def fact_bytes(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys; floats round-trip exactly."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def facts(parts: Mapping[str, bytes], name: str) -> dict[str, Any]:
    """A JSON part."""
    read = json.loads(part(parts, name))
    if not isinstance(read, dict):
        raise BrokenEvidence(f"part '{name}' is not a JSON object")
    return read


def array_bytes(named: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as npz; names in order."""
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **{k: named[k] for k in sorted(named)})
    return out.getvalue()


def arrays(parts: Mapping[str, bytes], name: str) -> dict[str, NDArray[Any]]:
    """An npz part; objects are refused."""
    with np.load(io.BytesIO(part(parts, name)), allow_pickle=False) as read:
        return {k: read[k] for k in read.files}


def part(parts: Mapping[str, bytes], name: str) -> bytes:
    """One file of a model.

    Raises:
        DataError: the model lacks it.
    """
    if name not in parts:
        raise DataError(
            Text(f"the model lacks its part '{name}'", f"模型缺少部件“{name}”"),
            fix=Text("present: ", "现有：").en + ", ".join(sorted(parts)),
        )
    return parts[name]
