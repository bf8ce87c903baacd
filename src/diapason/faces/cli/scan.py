"""`diapason scan`: one pass over a file or dataset of any size."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option, given
from diapason.faces.cli.assess import MARKS
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.ingest import options_of
from diapason.vocabulary.language import Text

__all__ = ["scan"]

_DEPENDENCIES = 10
"""Of them are shown at most; all are in the JSON."""


@dataclass(frozen=True, slots=True)
class Words:
    """What may be said of a file; of a dataset its contract says it."""

    time: Annotated[str, Option("--time", "Column of the time", "时间列")] = ""
    asset: Annotated[str, Option("--asset", "Column of the asset", "资产列")] = ""
    tag: Annotated[str, Option("--tag", "Long table: column of the tag", "长表：位号列")] = ""
    value: Annotated[str, Option("--value", "Long table: column of the value", "长表：值列")] = ""
    regime: Annotated[str, Option("--regime", "Column of the process's state", "工况列")] = ""
    key: Annotated[str, Option("--key", "Columns of which no two rows are the same: a,b", "唯一键的列：a,b")] = ""
    after: Annotated[Path | None, Option("--after", "Kept state of the rows before", "此前各行保存的状态")] = None
    keep: Annotated[Path | None, Option("--keep", "Write the state here", "把状态写到这里")] = None
    contract: Annotated[
        Path | None, Option("--contract", "Rules to keep: ODCS, GX or Pandera", "须遵守的规则：ODCS、GX 或 Pandera")
    ] = None
    rules: Annotated[
        bool, Option("--rules", "Only whether the contract's rules are kept", "只看合约的规则是否遵守")
    ] = False
    sheet: Annotated[str, Option("--sheet", "Sheet of a workbook", "工作表")] = ""
    query: Annotated[str, Option("--query", "Of a database: one SELECT", "数据库：一条 SELECT")] = ""
    table: Annotated[str, Option("--table", "Of a database: a table or view", "数据库：表或视图")] = ""
    option: Annotated[list[str] | None, Option("--option -o", "How to read, as for ingest", "如何读取，同 ingest")] = (
        None
    )


@command(
    Text(
        "Look at a file or dataset of any size in one pass: statistics, faults, the clock.",
        "一遍扫描任意大小的文件或数据集：统计、故障、时钟。",
    ),
    good="diapason scan history.parquet --asset machine",
    bad=Text(
        "diapason scan history.parquet --asset machin -> there is no column 'machin'",
        "diapason scan history.parquet --asset machin -> 没有列“machin”",
    ),
)
def scan(
    face: Face,
    source: Annotated[str, Argument("File, pattern or database; else a dataset", "文件、通配符或数据库；否则为数据集")],
    words: Words,
    against: Annotated[
        str, Option("--against", "Reference: a kept state, or another version", "参照：保存的状态或另一版本")
    ] = "",
    most: Annotated[int, Option("--most", "Findings shown", "最多显示多少项", least=0)] = 30,
) -> None:
    """Scan, tell the findings, then a line per column."""
    done = _of_file(face, source, words, against) if _is_file(source) else _of_dataset(face, source, words, against)
    if words.rules:
        face.say(Text(f"{source}: {done['rows']:,} rows.", f"{source}：{done['rows']:,} 行。"))
        _judged(face, done["contract"])
    else:
        _shown(face, done, source, most)
    face.result(done)


_READING = ("sheet", "query", "table")
"""Said as options of reading."""


def _of_file(face: Face, source: str, words: Words, against: str) -> dict[str, Any]:
    said = given(words)
    options = options_of(words.option) | {key: said[key] for key in _READING if key in said}
    asked = {key: value for key, value in said.items() if key not in (*_READING, "option", "key")}
    with _undisturbed():
        from diapason.services.scan import files

        return files.run(
            source,
            **asked,
            key=[name for name in words.key.split(",") if name],
            against=Path(against) if against else None,
            options=options,
            progress=face.progress,
        )


def _of_dataset(face: Face, source: str, words: Words, against: str) -> dict[str, Any]:
    from diapason.services.scan import datasets

    _refuse_for_dataset(given(words))
    return datasets.run(face.open(), source, against=against)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the search for circles of objects, now and at the end of the process: a tenth of a start, for nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _refuse_for_dataset(said: Mapping[str, object]) -> None:
    """A dataset has its contract and its state: what is said beside them would not be heard."""
    heard = [f"--{name}" for name in said]
    if heard:
        raise Misused(
            Text(f"a dataset takes no {', '.join(heard)}", f"数据集不接受 {'、'.join(heard)}"),
            at="diapason scan",
            fix=Text("its contract says so: diapason contract NAME", "由其合约规定：diapason contract 名称"),
        )


def _shown(face: Face, done: dict[str, Any], source: str, most: int) -> None:
    findings = done["findings"]
    face.say(
        Text(
            f"{source}: {done['rows']:,} rows, {len(done['columns'])} columns, {len(findings)} findings.",
            f"{source}：{done['rows']:,} 行，{len(done['columns'])} 列，{len(findings)} 项发现。",
        )
    )
    for finding, words in list(zip(findings, done["sentences"], strict=True))[:most]:
        face.say(f"  {MARKS[finding['harm']](face.language)}  {words[face.language]}")
    if len(findings) > most:
        more = len(findings) - most
        face.say(Text(f"  … {more} more: --most 1000", f"  … 另有 {more} 项：--most 1000"))
    if done["contract"] is not None:
        _judged(face, done["contract"])
    if done["key"]:
        _keyed(face, done["key"])
    if done["drift"] is not None:
        _added(face, done["compared"], done["rows"])
        _drifted(face, done["drift"])
    _sampled(face, done["sampled"])
    face.say("")
    head = [
        Text("column", "列"),
        Text("missing", "缺失"),
        Text("lowest", "最低"),
        Text("median", "中位数"),
        Text("highest", "最高"),
        Text("mean", "均值"),
        Text("deviation", "标准差"),
        Text("different", "不同值"),
    ]
    face.table(head, [_line(c) for c in done["columns"]])
    if done["aside"]:
        names = ", ".join(done["aside"])
        face.say(Text(f"Not looked at: {names}", f"未检查：{names}"))


def _sampled(face: Face, told: dict[str, Any]) -> None:
    """What stretches drawn from the table tell, each with its limits."""

    def ends(share: dict[str, float]) -> str:
        return f"{share['low']:.2%} – {share['high']:.2%}"

    for one in told["regimes"]:
        names = ", ".join(c["name"] for c in one["columns"])
        first = one["columns"][0]
        rest = f"{first['name']} {'<' if first['below'] else '>'} {first['border']:.4g}"
        said = ends(one["share"])
        face.say(
            Text(
                f"At rest in {said} of the rows: {rest} (also {names}); --regime tells states apart.",
                f"{said} 的行处于静止：{rest}（涉及 {names}）；可用 --regime 区分工况。",
            )
        )
    for one in told["dependencies"][:_DEPENDENCIES]:
        face.say(
            Text(
                f"{one['by']} tells {one['what']} in {ends(one)} of the rows.",
                f"{one['by']} 决定 {one['what']}（{ends(one)} 的行）。",
            )
        )
    for one in told["compressed"]:
        face.say(
            Text(
                f"{one['name']}: {ends(one)} of the readings lie on a line between neighbours: filled in.",
                f"{one['name']}：{ends(one)} 的读数位于相邻读数的连线上：系插补。",
            )
        )


def _keyed(face: Face, key: dict[str, Any]) -> None:
    """Whether rows repeat a key, and how that is known."""
    name, twice = ", ".join(key["columns"]), key["repeated"]
    how = {
        "counted": Text("counted", "逐一计数"),
        "ordered": Text("its time only goes forward", "时间只向前"),
        "sampled": Text(f"from {key['kept']:,} keys", f"由 {key['kept']:,} 个键推断"),
    }[key["how"]]
    count = f"{twice['value']:,.0f}" if twice["low"] == twice["high"] else f"{twice['low']:,.0f} – {twice['high']:,.0f}"
    face.say(
        Text(
            f"Key {name}: {count} rows repeat one ({how('en')}), {key['missing']:,} lack a part.",
            f"键 {name}：{count} 行重复（{how('zh')}），{key['missing']:,} 行不完整。",
        )
    )


def _added(face: Face, compared: int, rows: int) -> None:
    """Say so where not all rows were compared."""
    if compared < rows:
        en = f"Compared with the reference: the {compared:,} rows that were added to it."
        face.say("")
        face.say(Text(en, f"与参照比较的是其后新增的 {compared:,} 行。"))


def _drifted(face: Face, drift: list[dict[str, Any]]) -> None:
    """A line per column, the farthest first."""
    names = {
        "drifted": Text("drifted", "已漂移"),
        "steady": Text("steady", "稳定"),
        "unsure": Text("can't tell", "无法判断"),
    }
    why = {
        "conditions": Text("other conditions than the reference", "工况与参照不同"),
        "short": Text("the reference is too short", "参照过短"),
        "wide": Text("too uncertain", "不确定性过大"),
        "empty": Text("no values", "没有数值"),
        "": Text("", ""),
    }
    head = [
        Text("column", "列"),
        Text("against the reference", "与参照相比"),
        Text("difference", "差值"),
        Text("95 % limits", "95% 界限"),
        Text("deviations", "标准差数"),
        Text("like conditions", "相同工况"),
    ]
    rows = [
        [
            d["column"],
            " ".join(filter(None, (names[d["verdict"]](face.language), d["change"], why[d["why"]](face.language)))),
            "" if d["difference"] is None else f"{d['difference']:.4g}",
            "" if d["low"] is None else f"{d['low']:.4g} .. {d['high']:.4g}",
            "" if d["effect"] is None else f"{d['effect']:+.2f}",
            f"{d['matched']:.0%}",
        ]
        for d in drift
    ]
    face.say("")
    face.table(head, rows)


def _judged(face: Face, judged: dict[str, Any]) -> None:
    """Whether the rules are kept, and which are not."""
    broken, untested = judged["broken"], judged["untested"]
    kept = judged["rules"] - len(broken) - len(untested)
    face.say(
        Text(
            f"Contract: {kept} of {judged['rules']} rules kept, {len(broken)} broken, {len(untested)} not tested.",
            f"合约：{judged['rules']} 条规则中 {kept} 条遵守，{len(broken)} 条违反，{len(untested)} 条未检验。",
        )
    )
    names = {
        "there": Text("is not there", "不存在"),
        "missing": Text("missing", "缺失"),
        "range": Text("outside of", "超出"),
        "values": Text("none of", "不属于"),
        "key": Text("not", "不满足"),
        "relation": Text("rows do not keep", "行不满足"),
    }
    for b in broken:
        count = f" {b['count']:,}" if b["count"] else ""
        said = f" {b['said']}" if b["rule"] != "there" else ""
        face.say(f"  {b['column'] or '·'}:{count} {names[b['rule']](face.language)}{said}")


def _is_file(source: str) -> bool:
    """Whether the words mean a file or database: one is there, or they look like a path, pattern or address."""
    return Path(source).exists() or any(c in source for c in "/\\*?") or bool(Path(source).suffix)


def _line(column: dict[str, Any]) -> list[str]:
    missing = f"{column['missing'] / max(column['rows'], 1):.2%}"
    different = column["distinct"]
    told = f"{different['value']:,.0f}" if not different["error"] else f"≈ {different['value']:,.3g}"
    if column["kind"] == "words":
        top = column["top"][0]["value"] if column["top"] else ""
        return [column["name"], missing, "", top, "", "", "", told]
    median = column["quantiles"]["0.5"]["value"] if column["quantiles"] else None
    figures = [column["low"], median, column["high"], column["mean"], column["deviation"]]
    return [column["name"], missing, *("" if f is None else f"{f:.5g}" for f in figures), told]
