"""Facts about trials: repairs against placebo, adoptions, audits, orders and how their promises were kept, visitors."""

from typing import Any

import msgspec

from diapason.services.facts.book import Book
from diapason.services.facts.registry import Known, Value, counts, on_runs, share
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__: list[str] = []

_RESONATE, _ADOPT, _AUDIT = "diapason resonate NAME", "diapason adopt NAME", "diapason audit NAME --from FILE"
_ORDER, _CLOSE = "diapason order NAME --place ID", "diapason order NAME --close ORDER"


_NOTHING = msgspec.Raw(b"null")


class _Row(msgspec.Struct, gc=False):
    """One candidate repair: how it did against the placebo, and how far it came."""

    over_placebo: msgspec.Raw = _NOTHING
    screened_out: bool = False
    adopted: bool = False


class _Controls(msgspec.Struct, gc=False):
    kinds: list[msgspec.Raw] = msgspec.field(default_factory=list)


class _Power(msgspec.Struct, gc=False):
    detectable: float | None = None


class _Tried(msgspec.Struct, gc=False):
    rows: list[_Row] = msgspec.field(default_factory=list)
    controls: _Controls | None = None
    power: _Power | None = None


def _entries(found: Any) -> tuple[str, ...]:
    return tuple(ground("entry", e.seq) for e in found)


@counts(
    Known("resonances", Text("runs that tried repairs of data", "试验数据修复的运行次数"), "1", _RESONATE),
    Known("repairs_tried", Text("repairs that were tried", "试验过的修复项数"), "1", _RESONATE),
    Known(
        "placebo_trials",
        Text("repairs held against a matched placebo on untouched folds", "在未用过的折上与安慰剂对照的修复项数"),
        "1",
        _RESONATE,
    ),
    Known("repairs_proved", Text("repairs that held up", "得到证实的修复项数"), "1", _RESONATE),
    Known(
        "limits_of_detection_stated",
        Text("runs that planted known defects and state what they can find", "植入已知缺陷并给出检出限的运行次数"),
        "1",
        _RESONATE,
    ),
    Known(
        "power_stated",
        Text("runs that state the gain they would have found", "给出可检出增益（功效）的运行次数"),
        "1",
        _RESONATE,
    ),
    Known(
        "days_since_resonate", Text("days since repairs were last tried", "距最近一次修复试验的天数"), "d", _RESONATE
    ),
)
def _tried(book: Book) -> dict[str, Value | None]:
    done = book.done("resonate")
    on = on_runs(done)
    told = [(run, run.told(_Tried)) for run in done]
    rows = [(run, row) for run, one in told for row in one.rows]
    against = [run for run, row in rows if bytes(row.over_placebo) != bytes(_NOTHING) and not row.screened_out]
    proved = [run for run, row in rows if row.adopted]
    limits = [run for run, one in told if one.controls is not None and one.controls.kinds]
    power = [run for run, one in told if one.power is not None and one.power.detectable is not None]
    return {
        "resonances": (len(done), on),
        "repairs_tried": (len(rows), on),
        "placebo_trials": (len(against), on_runs(against)),
        "repairs_proved": (len(proved), on_runs(proved)),
        "limits_of_detection_stated": (len(limits), on_runs(limits)),
        "power_stated": (len(power), on_runs(power)),
        "days_since_resonate": (book.days(done[-1].at), on_runs(done[-1:])) if done else None,
    }


@counts(
    Known("adoptions", Text("repairs that a person adopted", "由人采纳的修复次数"), "1", _ADOPT),
    Known("adoptions_standing", Text("adoptions that were not taken back", "未被撤回的采纳次数"), "1", _ADOPT),
    Known("adoptions_undone", Text("adoptions that were taken back", "已撤回的采纳次数"), "1", "diapason undo NAME"),
    Known("datasets_mended", Text("datasets with an adopted repair", "采纳过修复的数据集数"), "1", _ADOPT),
)
def _adopted(book: Book) -> dict[str, Value | None]:
    every, back = book.entries("adopt"), book.entries("undo")
    undone = {str(e.body.get("adoption")) for e in back}
    standing = [e for e in every if e.run not in undone]
    names = {e.subject.split("@")[0] for e in standing}
    return {
        "adoptions": (len(every), _entries(every)),
        "adoptions_standing": (len(standing), _entries(standing)),
        "adoptions_undone": (len(back), _entries(back)),
        "datasets_mended": (len(names), _entries(standing)),
    }


@counts(
    Known(
        "audits_asked", Text("runs that ask a person to look at named rows", "请人核对指定行的运行次数"), "1", _RESONATE
    ),
    Known("audits_answered", Text("sheets that people have answered", "已由人作答的核对清单数"), "1", _AUDIT),
    Known("rows_audited", Text("rows that people have looked at", "已由人核对的行数"), "1", _AUDIT),
    Known(
        "highest_share_wrong",
        Text(
            "highest estimated share of wrong rows in the newest audit of a dataset",
            "各数据集最近核对推算错误占比的最高值",
        ),
        "1",
        _AUDIT,
    ),
)
def _audited(book: Book) -> dict[str, Value | None]:
    done = book.done("audit")
    asked = [run for run in book.done("resonate") if run.kept.get("audit")]
    newest = list(book.newest("audit").values())
    shares = [float(run.result["share"]) for run in newest]
    return {
        "audits_asked": (len(asked), on_runs(asked)),
        "audits_answered": (len(done), on_runs(done)),
        "rows_audited": (sum(int(run.result["answered"]) for run in done), on_runs(done)),
        "highest_share_wrong": (max(shares), on_runs(newest)) if shares else None,
    }


@counts(
    Known("orders_placed", Text("data work orders placed", "已下达的数据任务数"), "1", _ORDER),
    Known("orders_closed", Text("data work orders measured and closed", "已测量并关闭的数据任务数"), "1", _CLOSE),
    Known("orders_late", Text("open orders past their day", "逾期未完成的数据任务数"), "1", _CLOSE),
    Known(
        "share_orders_closed",
        Text("share of placed orders that are closed", "已关闭任务占已下达任务的比例"),
        "1",
        _CLOSE,
    ),
    Known("share_promises_kept", Text("share of promised gains that held", "承诺增益得到兑现的比例"), "1", _CLOSE),
)
def _ordered(book: Book) -> dict[str, Value | None]:
    placed, closed = book.entries("order"), book.done("order")
    ended = {str(run.plan["settings"].get("order")) for run in closed}
    today = book.now.date().isoformat()
    late = [e for e in placed if e.body.get("by") and e.body["order"] not in ended and str(e.body["by"]) < today]
    told = [run for run in closed if run.result.get("held") is not None]
    return {
        "orders_placed": (len(placed), _entries(placed)),
        "orders_closed": (len(closed), on_runs(closed)),
        "orders_late": (len(late), _entries(late)),
        "share_orders_closed": share(min(len(closed), len(placed)), len(placed), (*_entries(placed), *on_runs(closed))),
        "share_promises_kept": share(sum(bool(r.result["held"]) for r in told), len(told), on_runs(told)),
    }


def _by_contract(found: list[Any]) -> int:
    return len({str(e.body["contract"]) for e in found})


@counts(
    Known(
        "contracts_signed",
        Text("contracts with others, signed here", "在此签署的对外合同数"),
        "1",
        "diapason visit sign FILE",
    ),
    Known("visits", Text("trials of what others brought", "外来方法试验次数"), "1", "diapason visit run FILE"),
    Known(
        "visits_heard",
        Text("results of own methods tried elsewhere", "收到的外出试验结果数"),
        "1",
        "diapason visit read FILE",
    ),
    Known("packs", Text("own methods packed to go out", "打包外送的自有方法数"), "1", "diapason visit pack MODEL"),
    Known(
        "releases",
        Text("results released under a contract by a second person", "由第二人按合同放行的结果数"),
        "1",
        "diapason visit release FILE",
    ),
)
def _visited(book: Book) -> dict[str, Value | None]:
    contracts, packs, releases = (book.entries(kind) for kind in ("contract", "pack", "release"))
    ran, heard = book.done("visit"), book.done("visited")
    return {
        "contracts_signed": (_by_contract(contracts), _entries(contracts)),
        "visits": (len(ran), on_runs(ran)),
        "visits_heard": (len(heard), on_runs(heard)),
        "packs": (len(packs), _entries(packs)),
        "releases": (len(releases), _entries(releases)),
    }
