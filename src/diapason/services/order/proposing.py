"""Orders that the newest results propose: rows to collect, sensors to add, tags to calibrate, rows to audit."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from diapason.engines.drawing.svg import number
from diapason.ports.workspace import Workspace
from diapason.services import attest
from diapason.vocabulary.language import Text

__all__ = ["PRECISE", "proposals"]

PRECISE = {"drift": Text("drifts", "漂移"), "stuck": Text("sticks", "卡死"), "level_shift": Text("jumps", "跳变")}
"""Findings of assessing for which an instrument is looked at."""
_MOST_TAGS = 6


def proposals(ws: Workspace, name: str, wider: float = 1.0) -> list[dict[str, Any]]:
    """What could be ordered for a dataset, the largest promised gain first; those without a measured gain last.

    Args:
        wider: factor on the doubt of every promise, from the orders closed before.

    Returns:
        For each its id, kind, words in both languages, gain with interval or None, and the run it comes from.
    """
    found = [*_from_feasible(ws, name), *_from_audit(ws, name), *_from_assess(ws, name)]
    for each in found:
        each["gain"] = _widened(each["gain"], wider)
    return sorted(found, key=lambda p: -(p["gain"] or {}).get("value", -1.0))


def _widened(gain: Mapping[str, Any] | None, wider: float) -> dict[str, Any] | None:
    """The same promise with its doubt multiplied."""
    if gain is None:
        return None
    v = gain["value"]
    return {**gain, "low": v - wider * (v - gain["low"]), "high": v + wider * (gain["high"] - v)}


def _from_feasible(ws: Workspace, name: str) -> Iterator[dict[str, Any]]:
    facts = attest.result(ws, "feasible", name)
    if facts is None:
        return
    result = facts["result"]
    shared = {"run": facts["run"], "dataset": facts["dataset"], "metric": result["metric"]}
    more = int(result["rows"]["more"])
    for p in result["promises"]:
        if p["more"] == more:
            yield {
                **shared,
                "id": "rows",
                "kind": "rows",
                "more": more,
                "rule": "",
                "gain": p["gain"],
                "what": _text(f"collect {more:,} more rows", f"再收集 {more:,} 行"),
            }
    for i, s in enumerate(result["slices"], 1):
        if s["gain"]["low"] > 0:
            yield {
                **shared,
                "id": f"part-{i}",
                "kind": "part",
                "more": int(s["more"]),
                "rule": s["rule"],
                "rows": s["rows"],
                "gain": s["gain"],
                "what": _text(f"collect {s['more']:,} rows where {s['rule']}", f"收集 {s['more']:,} 行：{s['rule']}"),
            }
    yield from _sensors(result, shared)


def _sensors(result: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    words = {
        "asset": _text("measure what is peculiar to each asset", "测量各设备自身的差异"),
        "batch": _text("measure what is peculiar to each batch", "测量各批次自身的差异"),
        "time": _text("measure the slowly changing state", "测量缓慢变化的状态"),
    }
    for k in result["residue"]:
        if not k["shown"]:
            continue
        column = k["kind"] == "column"
        what = _text(f"use the column {k['name']}", f"使用列 {k['name']}") if column else words[k["kind"]]
        yield {
            **shared,
            "id": f"column-{_slug(k['name'])}" if column else f"sensor-{k['kind']}",
            "kind": "column" if column else "sensor",
            "more": 0,
            "rule": k["name"],
            "gain": _known_gain(result, k),
            "what": what,
        }


def _known_gain(result: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any] | None:
    """Gain in the metric if something told that part; None for classes, where only a share is known."""
    score = known["score"]
    if score is None:
        return None
    now = result["now"]["value"]
    unit = {"unit": result["unit"], "n": known["share"]["n"], "level": known["share"]["level"]}
    return {"value": now - score["value"], "low": now - score["high"], "high": now - score["low"], **unit}


def _from_audit(ws: Workspace, name: str) -> Iterator[dict[str, Any]]:
    facts = attest.result(ws, "resonate", name)
    if facts is None or not facts["result"].get("audit"):
        return
    rows = len(facts["result"]["audit"])
    gain = facts["result"].get("audit_gain")
    yield {
        "run": facts["run"],
        "dataset": facts["dataset"],
        "metric": facts["result"]["metric"],
        "id": "audit",
        "kind": "audit",
        "more": rows,
        "rule": "",
        "gain": gain if gain and gain["value"] is not None and gain["unit"] != "%" else None,
        "what": _text(
            f"look at the {rows} rows of the audit sheet (diapason audit {name})",
            f"核对审计清单中的 {rows} 行（diapason audit {name}）",
        ),
    }


def _from_assess(ws: Workspace, name: str) -> Iterator[dict[str, Any]]:
    facts = attest.result(ws, "assess", name)
    seen = set[str]()
    for f in (facts or {"result": {"findings": []}})["result"]["findings"]:
        columns = f["where"]["columns"]
        if facts is None or f["kind"] not in PRECISE or not columns or columns[0] in seen or len(seen) >= _MOST_TAGS:
            continue
        seen.add(columns[0])
        why = PRECISE[f["kind"]]
        yield {
            "run": facts["run"],
            "dataset": facts["dataset"],
            "metric": "",
            "id": f"calibrate-{_slug(columns[0])}",
            "kind": "calibrate",
            "more": 0,
            "rule": columns[0],
            "gain": None,
            "what": _text(
                f"check and calibrate {columns[0]}: it {why.en} (sure {number(f['sure'])})",
                f"检查并校准 {columns[0]}：该信号{why.zh}（把握 {number(f['sure'])}）",
            ),
        }


def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name).strip("-") or "x"


def _text(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}
