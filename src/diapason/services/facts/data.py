"""Facts about data: datasets, versions, units, what was found in them, what was refused, what was mended."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from diapason.services.facts.book import Book, Done
from diapason.services.facts.registry import Known, Value, by_person, counts, on_runs, share
from diapason.vocabulary.evidence import Entry
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["versions"]

BESIDE = (".rejected", ".quarantine")
"""What the name of a dataset with refused rows, or rows set aside, ends with."""
SCORES = ("completeness", "validity", "consistency", "timeliness", "uniqueness", "accuracy")


class _Rows(msgspec.Struct, gc=False):
    """What an ingest read, stored and refused."""

    seen: int = 0
    rows: int = 0
    rejected: int = 0
    quarantined: int = 0
    same: bool = False


_ASSESS, _INGEST = "diapason assess NAME", "diapason ingest FILE --name NAME"
_SCORE = "diapason score NAME"


def versions(book: Book) -> dict[str, dict[int, Entry]]:
    """Every version that was committed and not erased, by dataset and number; without what is kept beside."""
    found: dict[str, dict[int, Entry]] = {}
    for entry in book.entries("commit"):
        if not entry.subject.endswith(BESIDE):
            found.setdefault(entry.subject, {})[int(entry.body["version"])] = entry
    for entry in book.entries("erase"):
        if entry.body.get("what") == "dataset":
            for number in entry.body["versions"]:
                found.get(entry.subject, {}).pop(int(number), None)
    return {name: kept for name, kept in found.items() if kept}


def _newest(book: Book) -> dict[str, int]:
    return {name: max(kept) for name, kept in versions(book).items()}


def _on(newest: Mapping[str, int], names: Any) -> tuple[str, ...]:
    return tuple(ground("dataset", f"{name}@{newest[name]}") for name in names)


def _with_data(book: Book, runs: Iterable[Done]) -> tuple[str, ...]:
    """Runs, and the newest version of each dataset that is here: what is counted of datasets stands on both."""
    newest = _newest(book)
    return *on_runs(runs), *_on(newest, newest)


def _contracts(book: Book) -> dict[str, Done]:
    """The newest ingest of each dataset that is here still, with the contract as it was signed."""
    here = versions(book)
    return {name: run for name, run in book.newest("ingest").items() if name in here}


def _columns(run: Done) -> list[Mapping[str, Any]]:
    return list((run.result.get("contract") or {}).get("columns", ()))


@counts(
    Known("datasets", Text("datasets that are here now", "现有数据集数"), "1", _INGEST),
    Known("dataset_versions", Text("versions of datasets that are here now", "现有数据集版本数"), "1", _INGEST),
    Known(
        "datasets_with_history",
        Text("datasets with two versions or more, each kept", "保留两个及以上版本的数据集数"),
        "1",
        "diapason ingest FILE --name NAME",
    ),
    Known("rows", Text("rows in the newest versions", "最新版本的总行数"), "1", _INGEST),
)
def _stock(book: Book) -> dict[str, Value | None]:
    found = versions(book)
    newest = {name: max(kept) for name, kept in found.items()}
    on = _on(newest, newest)
    old = [name for name, kept in found.items() if len(kept) > 1]
    rows = sum(int(found[name][number].body["rows"]) for name, number in newest.items())
    every = tuple(ground("dataset", f"{name}@{n}") for name, kept in found.items() for n in kept)
    return {
        "datasets": (len(found), on),
        "dataset_versions": (len(every), every),
        "datasets_with_history": (len(old), _on(newest, old)),
        "rows": (rows, on),
    }


@counts(
    Known(
        "share_versions_with_signed_run",
        Text("share of versions whose writing run ended in a signed result", "由已签名运行写入的版本占比"),
    ),
)
def _lineage(book: Book) -> dict[str, Value | None]:
    ended = {run.run: run for verb in book.verbs() for run in book.done(verb)}
    written = [e for kept in versions(book).values() for e in kept.values()]
    proved = [ended[e.run] for e in written if e.run in ended]
    return {"share_versions_with_signed_run": share(len(proved), len(written), _with_data(book, proved))}


@counts(
    Known("datasets_with_contract", Text("datasets with a signed contract of columns", "有已签名数据合约的数据集数")),
    Known(
        "share_datasets_with_contract",
        Text("share of datasets with a signed contract of columns", "有已签名数据合约的数据集占比"),
    ),
    Known(
        "share_columns_confirmed",
        Text("share of columns whose role a person has said", "由人确认角色的列占比"),
        "1",
        "diapason ingest FILE --name NAME --target COLUMN --time COLUMN",
    ),
    Known("datasets_with_target", Text("datasets with a named target", "指定了目标列的数据集数"), "1", _INGEST),
    Known("datasets_with_time", Text("datasets with a named time", "指定了时间列的数据集数"), "1", _INGEST),
    Known(
        "datasets_with_asset_or_batch",
        Text("datasets whose rows are tied to an asset or a batch", "行可对应到设备或批次的数据集数"),
        "1",
        _INGEST,
    ),
    Known(
        "share_columns_with_role",
        Text("share of columns with a role other than ignored", "角色明确（非忽略）的列占比"),
    ),
)
def _agreed(book: Book) -> dict[str, Value | None]:
    runs = _contracts(book)
    columns = {name: _columns(run) for name, run in runs.items()}
    told = {name: run for name, run in runs.items() if columns[name]}
    every = [c for found in columns.values() for c in found]
    on = _with_data(book, told.values())

    def having(*roles: str) -> Value:
        named = [run for name, run in told.items() if any(c["role"] in roles for c in columns[name])]
        return len(named), _with_data(book, named)

    return {
        "datasets_with_contract": (len(told), on),
        "share_datasets_with_contract": share(len(told), len(versions(book)), on),
        "share_columns_confirmed": share(sum(c["sure"] >= 1 for c in every), len(every), on),
        "share_columns_with_role": share(sum(c["role"] != "ignored" for c in every), len(every), on),
        "datasets_with_target": having("target"),
        "datasets_with_time": having("time"),
        "datasets_with_asset_or_batch": having("asset", "batch"),
    }


@counts(
    Known(
        "share_columns_with_unit",
        Text("share of number columns with a unit", "标明计量单位的数值列占比"),
        "1",
        "edit contracts/NAME.yaml; diapason ingest FILE --name NAME",
    ),
    Known(
        "datasets_with_units",
        Text("datasets where 95 % of the number columns have a unit", "95 % 以上数值列标明单位的数据集数"),
        "1",
        "edit contracts/NAME.yaml; diapason ingest FILE --name NAME",
    ),
    Known(
        "share_columns_with_limits",
        Text("share of number columns with a possible range", "给出取值范围的数值列占比"),
        "1",
        "edit low and high in contracts/NAME.yaml; diapason ingest FILE --name NAME",
    ),
)
def _units(book: Book) -> dict[str, Value | None]:
    runs = _contracts(book)
    numbers = {n: [c for c in _columns(r) if c["kind"] == "number" and c["role"] != "ignored"] for n, r in runs.items()}
    every = [c for found in numbers.values() for c in found]
    shares = {n: sum(bool(c["unit"]) for c in found) / len(found) for n, found in numbers.items() if found}
    good = [runs[name] for name, part in shares.items() if part >= 0.95]
    on = _with_data(book, (runs[name] for name in shares))
    ranged = sum(c["low"] is not None or c["high"] is not None for c in every)
    return {
        "share_columns_with_unit": share(sum(bool(c["unit"]) for c in every), len(every), on),
        "share_columns_with_limits": share(ranged, len(every), on),
        "datasets_with_units": (len(good), _with_data(book, good)),
    }


@counts(
    Known(
        "datasets_with_owner",
        Text("datasets whose newest bringer has a role here still", "最近导入人仍具有角色的数据集数"),
        "1",
        "diapason ingest FILE --name NAME --as PERSON",
    ),
    Known(
        "share_datasets_with_owner",
        Text("share of datasets whose newest bringer has a role here still", "最近导入人仍具有角色的数据集占比"),
        "1",
        "diapason ingest FILE --name NAME --as PERSON",
    ),
)
def _owned(book: Book) -> dict[str, Value | None]:
    roles, runs, here = by_person(book), _contracts(book), versions(book)
    owned = [run for run in runs.values() if roles.get(run.person)]
    on = (*_with_data(book, owned), *dict.fromkeys(ground("person", run.person) for run in owned))
    return {
        "datasets_with_owner": (len(owned), on),
        "share_datasets_with_owner": share(len(owned), len(here), on),
    }


@counts(
    Known("sources", Text("different sources that were read", "已读取的数据来源数"), "1", _INGEST),
    Known("connectors_used", Text("kinds of connection that were used", "已使用的接入方式种数"), "1", _INGEST),
    Known(
        "rows_add_up",
        Text(
            "rows read are rows stored, set aside and refused, in every ingest",
            "每次导入均满足读取行数等于入库、隔离与拒收之和",
        ),
    ),
    Known("share_rows_stored", Text("share of rows read that were stored", "读取行中入库的占比")),
    Known("days_since_ingest", Text("days since data last came in", "距最近一次导入的天数"), "d", _INGEST),
)
def _brought(book: Book) -> dict[str, Value | None]:
    done = book.done("ingest")
    counted = [(run, run.told(_Rows)) for run in done]
    told = [rows for _, rows in counted if not rows.same]
    on = on_runs(done)
    even = all(rows.seen == rows.rows + rows.rejected + rows.quarantined for rows in told)
    return {
        "sources": (len({r.plan["settings"].get("source") for r in done}), on),
        "connectors_used": (len({r.plan["settings"].get("connector") for r in done}), on),
        "rows_add_up": (even, on) if told else None,
        "share_rows_stored": share(sum(r.rows for r in told), sum(r.seen for r in told), on),
        "days_since_ingest": (book.days(done[-1].at), on_runs(done[-1:])) if done else None,
    }


def _assessed(book: Book) -> dict[str, Done]:
    """The assessment of each dataset's newest version."""
    newest = _newest(book)
    return {run.name: run for run in book.done("assess") if run.dataset == f"{run.name}@{newest.get(run.name)}"}


@counts(
    Known("assessments", Text("assessments of data quality", "数据质量评估次数"), "1", _ASSESS),
    Known(
        "datasets_assessed", Text("datasets assessed at their newest version", "最新版本已评估的数据集数"), "1", _ASSESS
    ),
    Known(
        "share_datasets_assessed",
        Text("share of datasets assessed at their newest version", "最新版本已评估的数据集占比"),
        "1",
        _ASSESS,
    ),
    Known("datasets_assessed_again", Text("datasets assessed twice or more", "评估两次及以上的数据集数"), "1", _ASSESS),
    Known("days_since_assess", Text("days since the last assessment", "距最近一次评估的天数"), "d", _ASSESS),
)
def _looked(book: Book) -> dict[str, Value | None]:
    done, good, here = book.done("assess"), _assessed(book), versions(book)
    times = {name: [run for run in done if run.name == name] for name in {run.name for run in done}}
    twice = [run for found in times.values() if len(found) > 1 for run in found]
    return {
        "assessments": (len(done), on_runs(done)),
        "datasets_assessed": (len(good), _with_data(book, good.values())),
        "share_datasets_assessed": share(len(good), len(here), _with_data(book, good.values())),
        "datasets_assessed_again": (len({run.name for run in twice}), on_runs(twice)),
        "days_since_assess": (book.days(done[-1].at), on_runs(done[-1:])) if done else None,
    }


@counts(
    Known("scores", Text("scores of datasets by the 17 indicators", "按十七个指标的数据集评分次数"), "1", _SCORE),
    Known("datasets_scored", Text("datasets scored at their newest version", "最新版本已评分的数据集数"), "1", _SCORE),
    Known(
        "share_datasets_scored",
        Text("share of datasets scored at their newest version", "最新版本已评分的数据集占比"),
        "1",
        _SCORE,
    ),
    Known(
        "datasets_at_gate",
        Text("datasets whose newest version passes all three gates", "最新版本三个维度均达标的数据集数"),
        "1",
        _SCORE,
    ),
)
def _measured(book: Book) -> dict[str, Value | None]:
    done, here, newest = book.done("score"), versions(book), _newest(book)
    last = {run.name: run for run in done if run.dataset == f"{run.name}@{newest.get(run.name)}"}
    passed = [run for run in last.values() if run.result.get("passed") is True]
    on = _with_data(book, last.values())
    return {
        "scores": (len(done), on_runs(done)),
        "datasets_scored": (len(last), on),
        "share_datasets_scored": share(len(last), len(here), on),
        "datasets_at_gate": (len(passed), on),
    }


_LEAST = Text(
    "lowest {} of an assessed newest version, lower bound of its interval", "最新版本评估中{}的最低值（取区间下限）"
)
_ZH = dict(zip(SCORES, ("完整性", "有效性", "一致性", "时效性", "唯一性", "准确性"), strict=True))


@counts(
    *(
        Known(f"lowest_{s}", Text(_LEAST.en.format(s), _LEAST.zh.format(_ZH[s])), "1", "diapason resonate NAME")
        for s in SCORES
    ),
    Known(
        "lowest_quality",
        Text("lowest of these six", "以上六项中的最低值"),
        "1",
        "diapason resonate NAME",
    ),
    Known(
        "quality_dimensions",
        Text("dimensions of quality with a score and an interval", "给出得分与区间的质量维度数"),
        "1",
        _ASSESS,
    ),
    Known("findings", Text("findings in the newest assessments", "最近评估中的发现数"), "1", _ASSESS),
    Known("findings_to_act", Text("findings that ask to act", "须处理的发现数"), "1", "diapason mend NAME"),
)
def _scored(book: Book) -> dict[str, Value | None]:
    good = _assessed(book)
    on = _with_data(book, good.values())
    if not good:
        return {}
    lows: dict[str, list[float]] = {s: [] for s in SCORES}
    for run in good.values():
        for name, found in run.result["scores"].items():
            if found and found.get("low") is not None and name in lows:
                lows[name].append(float(found["low"]))
    told = [f for run in good.values() for f in run.result["findings"]]
    return {
        **{f"lowest_{name}": (min(values), on) for name, values in lows.items() if values},
        "lowest_quality": (min(v for values in lows.values() for v in values), on) if any(lows.values()) else None,
        "quality_dimensions": (sum(bool(v) for v in lows.values()), on),
        "findings": (len(told), on),
        "findings_to_act": (sum(f["harm"] == "act" for f in told), on),
    }


@counts(
    Known(
        "joins", Text("joins of tables, with doubt stated", "表关联次数（含存疑说明）"), "1", "diapason join NAME OTHER"
    ),
    Known("mendings", Text("cell repairs that were proposed", "提出单元格修补的次数"), "1", "diapason mend NAME"),
)
def _worked(book: Book) -> dict[str, Value | None]:
    joins, mends = book.done("join"), book.done("mend")
    return {"joins": (len(joins), on_runs(joins)), "mendings": (len(mends), on_runs(mends))}


@counts(
    Known(
        "erasures",
        Text("real deletions with a reason kept", "保留理由的真实删除次数"),
        "1",
        'diapason forget NAME --reason "…"',
    ),
)
def _gone(book: Book) -> dict[str, Value | None]:
    told = [e for e in book.entries("erase") if str(e.body.get("reason", "")).strip()]
    return {"erasures": (len(told), tuple(ground("entry", e.seq) for e in told))}
