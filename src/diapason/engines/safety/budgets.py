"""What a manifest's budget may bound, and when a budget of writes is free again."""

from collections.abc import Sequence
from datetime import datetime

from diapason.vocabulary.language import Text
from diapason.vocabulary.line import Moment

__all__ = ["BUDGETS", "DAY", "spent_writes"]

BUDGETS = ("proposals_per_day", "writes_per_day")
"""Proposals of a day by the gateway's clock, writes within any 24 hours."""
DAY = 86_400_000_000
"""Microseconds."""


def spent_writes(written: Sequence[Moment], most: float) -> Text:
    """That no write is left, and when the next one is.

    Args:
        written: when writes of the last 24 hours began, oldest first.
        most: of them within 24 hours.
    """
    said = Text(f"the agent's {most:g} writes in 24 h are spent", f"该智能体 24 小时内的 {most:g} 次写入已用完")
    if most < 1:
        return said
    free = datetime.fromtimestamp((written[len(written) - int(most)] + DAY) / 1e6).astimezone()
    at = free.isoformat(sep=" ", timespec="minutes")
    return Text(f"{said.en}; free again at {at}", f"{said.zh}；{at} 恢复")
