"""A first draft of a contract, from what a bundle asks for: people change it, then sign it."""

from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import yaml

from diapason.errors import Conflict, DataError
from diapason.ports.disk import write_whole
from diapason.ports.workspace import Workspace
from diapason.services.visit.bundles import Bundle, read_bundle
from diapason.services.visit.contract import FIELDS, agreed
from diapason.vocabulary.language import Text

__all__ = ["draft"]

_HEAD = """\
# Contract of a visiting trial. Both sides read it, change it, and sign these very bytes: diapason visit sign FILE
# What is not listed here does not leave the plant. After signing, a changed byte breaks the contract.
# 来访试验合同。双方阅读、修改后，对此文件的全部字节签名：diapason visit sign 文件
# 未列出的内容不会离开工厂；签署后改动任何一个字节，合同即失效。
"""
_NOTES = {
    "number": "a higher number replaces earlier contracts with this provider / 编号大者取代与同一供方的先前合同",
    "provider": "name and key (fingerprint in diapason status --json) / 名称与密钥指纹",
    "plan": "digest of the one plan that may run / 唯一可运行计划的摘要",
    "may_leave": f"of: {', '.join(FIELDS)} / 可离开的字段",
    "runs": "abandoned ones count / 放弃的运行也计入",
    "until": "last day, UTC / 最后一日（UTC）",
    "keep_days": "how long the provider may keep what left / 供方可保留的天数",
    "publish": "may the provider publish it / 供方可否公开",
    "smallest_group": "no count below this, not even by subtraction / 任何计数不低于此值，相减亦不可得",
    "slices": "columns to count rows by / 用于分组计数的列",
    "ranges": "columns whose usual range may leave / 可给出常见范围的列",
    "words": "texts of the data that may leave all the same, for example grades / 数据中允许离开的文字，如牌号",
    "rounding": "counts to this base, gains to these digits / 计数与增益的取整",
    "dominance": "top assets may hold at most this share; p: no closer estimate of the largest / 占优规则",
    "noise": "or {each: 0.5, total: 2.0}: epsilon of each column counted by / 或为计数加噪声",
}


def draft(ws: Workspace, bundle: Path, *, plant: str, until: str, runs: int, to: Path) -> dict[str, Any]:
    """Write a contract that allows what the bundle asks for, with careful numbers; nobody is bound before both sign.

    Args:
        plant: key of the plant's workspace; empty where this workspace is the plant.
        until: last day; empty = in 90 days.

    Raises:
        Conflict: the file is there.
    """
    came = read_bundle(bundle)
    if to.exists():
        raise Conflict(
            Text("there is a contract of that name", "同名合同已存在"),
            at=str(to),
            fix=Text("choose another name: --to FILE", "请另取名称：--to 文件"),
        )
    mine = came.keyid == ws.signer.keyid
    if mine and not plant:
        raise DataError(
            Text("the key of the plant is not known", "不知道工厂的密钥"),
            at="--plant",
            fix=Text(
                "ask the plant for it (diapason status --json), or let the plant draft",
                "请向工厂索取（diapason status --json），或由工厂起草",
            ),
        )
    write_whole(to, _text(_terms(ws, came, plant, _day(ws, until), runs)).encode())
    found = agreed(to)
    return {"file": str(to), "contract": found.digest, "terms": found.plain}


def _terms(ws: Workspace, came: Bundle, plant: str, until: date, runs: int) -> dict[str, Any]:
    numbers = [e.body["number"] for e in ws.ledger.entries(kind="contract") if e.body["provider"] == came.keyid]
    told = came.told
    inputs = [c.name for c in told.columns if c.kind == "number" and c.role in ("feature", "target")]
    return {
        "format": "diapason-visit-contract/1",
        "number": max(numbers, default=0) + 1,
        "purpose": told.hypothesis or f"does the learner of {told.provider} help here",
        "provider": {"name": told.provider, "key": came.keyid},
        "plant": {"name": "plant" if plant else ws.name, "key": plant or ws.signer.keyid},
        "plan": came.plan,
        "may_leave": list(told.asks),
        "runs": runs,
        "until": until,
        "keep_days": 365,
        "publish": False,
        "smallest_group": 10,
        "slices": [{"column": s, "bands": 4} for s in told.slices],
        "ranges": inputs if "ranges" in told.asks else [],
        "words": [],
        "rounding": {"counts": 5, "digits": 2},
        "dominance": {"top": 1, "share": 0.85, "p": 0.1},
        "noise": None,
    }


def _text(terms: dict[str, Any]) -> str:
    """YAML with a note above each field that needs one."""
    lines = [_HEAD.rstrip()]
    for key, value in terms.items():
        lines += [f"# {_NOTES[key]}"] if key in _NOTES else []
        lines.append(yaml.safe_dump({key: value}, allow_unicode=True, sort_keys=False, width=10**9).rstrip())
    return "\n".join(lines) + "\n"


def _day(ws: Workspace, until: str) -> date:
    try:
        return date.fromisoformat(until) if until else ws.clock().astimezone(UTC).date() + timedelta(days=90)
    except ValueError:
        raise DataError(
            Text(f"'{until}' is no day", f"“{until}”不是日期"),
            at="--until",
            fix=Text("write 2027-03-31", "请写成 2027-03-31"),
        ) from None
