"""Facts about live quality: what is judged, whether it adds up, and how soon what broke is mended."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from diapason.services.facts.book import Book, Done, Signed
from diapason.services.facts.data import versions
from diapason.services.facts.registry import Known, Value, counts, on_runs, share
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["Verdict", "judged", "stories"]

DUE = 48.0
"""Hours within which what broke is to be mended."""


class Verdict(msgspec.Struct, gc=False):
    """What a delivery was judged to be."""

    sent: int = 0
    stored: int = 0
    quarantined: int = 0
    refused: int = 0
    rules: int = 0
    tested: int = 0
    state: str = ""
    version: int | None = None  # of a stream
    waits: tuple[tuple[float, int], ...] = ()  # of a stream: rows that waited so many seconds at most
    upto: int | None = None  # of a stream: the byte behind its last row


class _Ingest(msgspec.Struct, gc=False):
    guard: Verdict | None = None


def judged(book: Book) -> Iterator[tuple[Done, Verdict]]:
    """Every delivery that was judged, oldest first."""
    for run in book.done("ingest", "guard"):
        said = run.told(_Ingest).guard if run.verb == "ingest" else run.told(Verdict)
        if said is not None and said.state:
            yield run, said


@counts(
    Known(
        "deliveries_judged",
        Text("deliveries that were judged by a contract", "按合约检验的送入次数"),
        "1",
        "diapason contract NAME --propose",
    ),
    Known(
        "datasets_guarded",
        Text("datasets whose deliveries are judged by a contract", "按合约检验送入数据的数据集数"),
        "1",
        "diapason contract NAME --propose",
    ),
    Known(
        "share_rules_live",
        Text(
            "share of the rules of contracts that the newest deliveries were judged by",
            "最近送入实际检验的合约规则占比",
        ),
        "1",
        "diapason guard NAME",
    ),
    Known(
        "deliveries_add_up",
        Text(
            "rows sent are rows stored, set aside and refused, in every delivery",
            "每次送入均满足送入行数等于入库、隔离与拒收之和",
        ),
    ),
)
def _watched(book: Book) -> dict[str, Value | None]:
    found, here = list(judged(book)), versions(book)
    if not found:
        return {}
    newest = {run.name: (run, v) for run, v in found if run.name in here and v.rules}
    on = on_runs(run for run, _ in found)
    even = all(v.sent == v.stored + v.quarantined + v.refused for _, v in found)
    stated = sum(v.rules for _, v in newest.values())
    lately = on_runs(run for run, _ in newest.values())
    return {
        "deliveries_judged": (len(found), on),
        "datasets_guarded": (len(newest), lately),
        "share_rules_live": share(sum(v.tested for _, v in newest.values()), stated, lately),
        "deliveries_add_up": (even, on),
    }


_CLOSE = "diapason incident close NUMBER"


@counts(
    Known("contract_incidents", Text("incidents of broken contracts", "合约违反事件数"), "1", "diapason guard NAME"),
    Known(
        "contract_incidents_owned",
        Text("incidents of broken contracts with a named owner", "有责任人的合约违反事件数"),
        "1",
        "diapason guard NAME",
    ),
    Known(
        "mean_hours_to_repair",
        Text(
            "mean hours from a broken contract to its incident being closed; open longer than 48 hours: until now",
            "合约违反从发现到关闭的平均小时数（超过 48 小时未关闭者计至当前）",
        ),
        "h",
        _CLOSE,
    ),
    Known(
        "share_incidents_closed",
        Text(
            "share of incidents of broken contracts closed, of those closed or older than 48 hours",
            "合约违反事件关闭率（已关闭及超过 48 小时者中已关闭的占比）",
        ),
        "1",
        _CLOSE,
    ),
)
def _mended(book: Book) -> dict[str, Value | None]:
    told = stories(book)
    if not told:
        return {}
    on = tuple(ground("entry", one.entry.seq) for opened, closed in told.values() for one in (opened, closed) if one)
    closed_in = [_hours(opened.said["found"], closed.said["at"]) for opened, closed in told.values() if closed]
    open_for = [_hours(opened.said["found"], book.now.isoformat()) for opened, closed in told.values() if not closed]
    late = [hours for hours in open_for if hours > DUE]
    hours = closed_in + late
    return {
        "contract_incidents": (len(told), on),
        "contract_incidents_owned": (sum(bool(o.said.get("owner")) for o, _ in told.values()), on),
        "mean_hours_to_repair": (sum(hours) / len(hours), on) if hours else None,
        "share_incidents_closed": share(len(closed_in), len(hours), on),
    }


def stories(book: Book) -> Mapping[str, tuple[Signed, Signed | None]]:
    """Incidents of contracts: the entry that opened each, and the one that closed it."""
    found: dict[str, tuple[Signed, Signed | None]] = {}
    for one in book.signed("incident"):
        number, act = str(one.said["id"]), one.said["act"]
        if act == "open" and one.said.get("rule"):
            found[number] = (one, None)
        elif act == "close" and number in found:
            found[number] = (found[number][0], one)
    return found


def _hours(begin: Any, end: Any) -> float:
    return (datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(begin))).total_seconds() / 3600
