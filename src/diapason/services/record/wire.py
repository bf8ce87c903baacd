"""A judged packet as bytes for the spool, and back."""

from typing import Any

import msgspec
import numpy as np

from diapason.engines.intake import Intake, Judged, Look, Step
from diapason.vocabulary.language import Text

__all__ = ["packed", "unpacked"]


class _Kept(msgspec.Struct, array_like=True):
    index: bytes
    values: bytes
    at: bytes | int  # one moment for all, where it is one
    trust: bytes  # none = all good
    fate: bytes  # none = all stored
    received: int
    newest: int
    sequence: int
    source: str
    asset: str
    unique: bool
    texts: dict[int, str]
    lost: dict[int, int]
    why: dict[int, tuple[str, str]]
    unread: list[tuple[str, str, str, str]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


def packed(judged: Judged) -> bytes:
    """The packet as bytes; about 13 bytes a reading where readings come together."""
    at: Any = judged.at
    one = len(at) > 0 and bool((at == at[0]).all())
    return _encode(
        _Kept(
            judged.index.astype(np.int32).tobytes(),
            np.ascontiguousarray(judged.values, np.float64).tobytes(),
            int(at[0]) if one else at.tobytes(),
            judged.trust.tobytes() if judged.trust.any() else b"",
            judged.fate.tobytes() if judged.fate.any() else b"",
            *(judged.received, judged.newest, judged.sequence, judged.source, judged.asset, judged.unique),
            *(dict(judged.texts), dict(judged.lost)),
            {i: (why.en, why.zh) for i, why in judged.why.items()},
            [(name, text, why.en, why.zh) for name, text, why in judged.unread],
        )
    )


def unpacked(data: bytes, intake: Intake | None = None) -> Judged:
    """The packet again; with an account, its number looked at as it stands there now."""
    kept = _decode(data)
    index = np.frombuffer(kept.index, np.int32).astype(np.int64)
    n = len(index)
    at = np.full(n, kept.at) if isinstance(kept.at, int) else np.frombuffer(kept.at, np.int64)
    trust, fate = (np.frombuffer(b, np.uint8) if b else np.zeros(n, np.uint8) for b in (kept.trust, kept.fate))
    look = intake.looked(kept.source, kept.sequence, kept.newest) if intake is not None else Look(Step.NONE)
    return Judged(
        *(index, np.frombuffer(kept.values, np.float64), at, trust, fate, kept.received, look, kept.newest),
        *(kept.sequence, kept.source, kept.asset, kept.texts, kept.lost),
        {i: Text(*why) for i, why in kept.why.items()},
        tuple((name, text, Text(en, zh)) for name, text, en, zh in kept.unread),
        kept.unique,
    )
