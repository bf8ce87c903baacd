"""`diapason quarantine`: look at rows that were set aside; release or drop them."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["quarantine"]


@command(
    Text(
        "Look at the rows that were set aside; release them with a reason, or drop them.",
        "查看被隔离的行；说明理由后放行，或丢弃。",
    ),
    good='diapason quarantine turbofan --release 3,7-9 --because "a real trip, the sensor was right"',
    bad=Text(
        "diapason quarantine turbofan --release 99 --because x -> no such row waits in quarantine: 99",
        "diapason quarantine turbofan --release 99 --because x -> 隔离区中没有待处理的行：99",
    ),
)
def quarantine(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    release: Annotated[
        str, Option("--release", "Rows to store as they are: 3,7-9 or all", "原样入库的行：3,7-9 或 all")
    ] = "",
    drop: Annotated[
        str, Option("--drop", "Rows to leave out for good: 3,7-9 or all", "不再入库的行：3,7-9 或 all")
    ] = "",
    because: Annotated[str, Option("--because", "Why", "理由")] = "",
    most: Annotated[int, Option("--most", "Rows shown", "最多显示多少行", least=0)] = 20,
) -> None:
    """Show what waits, or decide on it."""
    from diapason.services import guard as service

    if release and drop:
        raise Misused(
            Text("one at a time: --release or --drop", "一次只能放行或丢弃"),
            at="--release, --drop",
            fix=Text("give one of them", "请只给出一个"),
        )
    if because and not (release or drop):
        raise Misused(
            Text("--because goes with --release or --drop", "--because 须与 --release 或 --drop 一起使用"),
            at="--because",
            fix=Text("say which rows", "请给出行号"),
        )
    if release or drop:
        done = service.decide(face.open(), name, "release" if release else "drop", release or drop, because=because)
        _decided(face, done)
    else:
        done = service.quarantine(face.open(), name, most=most)
        _waiting(face, done)
    face.result(done)


def _waiting(face: Face, done: Mapping[str, Any]) -> None:
    name = done["dataset"]
    face.say(
        Text(
            f"{name}: {done['waiting']:,} rows wait, {done['released']:,} were released, {done['dropped']:,} dropped.",
            f"{name}：隔离区待处理 {done['waiting']:,} 行，已放行 {done['released']:,}，已丢弃 {done['dropped']:,}。",
        )
    )
    if not done["waiting"]:
        return
    face.table(
        [Text("breaks", "违反"), Text("rows", "行数")], [(b["rules"], f"{b['rows']:,}") for b in done["because"][:10]]
    )
    face.say("")
    for row in done["rows"]:
        cells = json.loads(row["row"])
        broke = {part.rpartition(":")[0] for part in row["because"].split("; ")}
        first = [*(c for c in cells if c in broke), *(c for c in cells if c not in broke)]
        shown = "  ".join(f"{c}={'' if cells[c] is None else cells[c]}" for c in first[:8])
        face.say(wrapped(f"{row['number']:>6}  {shown}" + (" …" if len(first) > 8 else ""), indent=8))
    rest = done["waiting"] - len(done["rows"])
    if rest > 0:
        face.say(Text(f"… {rest:,} more: --most 1000", f"… 另有 {rest:,} 行：--most 1000"))
    one = done["rows"][0]["number"] if done["rows"] else "all"
    nxt = f'diapason quarantine {name} --release {one} --because "…"'
    face.say(Text(f"Next: {nxt}   (or --drop)", f"下一步：{nxt}（或 --drop）"))


def _decided(face: Face, done: Mapping[str, Any]) -> None:
    name, count = done["dataset"], f"{done['count']:,}"
    if done["act"] == "release":
        where = f"{name}@{done['version']}"
        face.say(Text(f"{count} rows released into {where}.", f"已放行 {count} 行，存入 {where}。"))
    else:
        kept = f"{name}.quarantine"
        face.say(Text(f"{count} rows dropped; {kept} still shows them.", f"已丢弃 {count} 行；仍可在 {kept} 中查到。"))
    face.say(
        Text(
            f"{done['waiting']:,} rows wait. Signed as {done['run']}",
            f"待处理 {done['waiting']:,} 行。已签名：{done['run']}",
        )
    )
