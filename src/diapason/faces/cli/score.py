"""`diapason score`: a dataset in the words of the standards, each figure with its doubt and its run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text
from diapason.vocabulary.rulings import FITS, GATES, STATES

__all__ = ["score"]

_TODO = 8


@command(
    Text(
        "Score a dataset in official words: 17 indicators, three gates, fit for which model, until when.",
        "按标准为数据集评分：十七个指标、三道门槛，适用于何种模型、至何时。",
    ),
    good='diapason score turbofan --target "rmse<=14"',
    bad=Text(
        'diapason score turbofan --target "rmse>=14" -> rmse is better when lower',
        'diapason score turbofan --target "rmse>=14" -> rmse 越低越好',
    ),
)
def score(
    face: Face,
    name: Annotated[str, Argument("Dataset, or dataset@version", "数据集，或 数据集@版本")],
    target: Annotated[
        str, Option("--target", 'What a model must reach: "rmse<=2.5"', '模型须达到的值，如 "rmse<=2.5"')
    ] = "",
    needs: Annotated[
        Path | None,
        Option("--needs", "What it is needed for: YAML; sensors alone: CSV", "用途文件 YAML；仅传感器可用 CSV"),
    ] = None,
    to: Annotated[Path | None, Option("--to", "Write a proposal of the needs", "写出用途草稿")] = None,
    every: Annotated[bool, Option("--all", "Also ISO/IEC 5259-2, GB/T 36344", "另列两项标准的测度")] = False,
) -> None:
    """Call the service; gates, indicators, what is missing, fitness, uncertainty of sensors."""
    from diapason.services import score as service

    if to is not None:
        if needs is not None or target:
            raise Misused(
                Text("a proposal is written, or a score computed: one at a time", "写草稿与评分只能选一"),
                at="--to",
                fix=Text("leave out the others", "请去掉其他选项"),
            )
        _drafted(face, service.draft(face.open(), name, to))
        return
    done = service.run(face.open(), name, target=target, needs=needs)
    _gates(face, done)
    _indicators(face, done)
    if every:
        _families(face, done)
    _uncertainty(face, done["uncertainty"])
    _fits(face, done["fits"])
    _lift(face, done["lift"])
    _missing(face, done)
    face.result(done)


def _drafted(face: Face, done: Mapping[str, Any]) -> None:
    face.say(Text(f"Written: {done['file']}; edit it as you know better.", f"已写入：{done['file']}，请据实修改。"))
    way = f"diapason score {done['dataset'].split('@')[0]} --needs {face.quoted(done['file'])}"
    face.say(Text(f"Next: {way}", f"下一步：{way}"))
    face.result(done)


def _gates(face: Face, done: Mapping[str, Any]) -> None:
    reached = sum(g["ruling"] == "passed" for g in done["gates"])
    face.say(
        Text(
            f"{done['dataset']}: {reached} of 3 gates passed; {done['rows']:,} rows looked at.",
            f"{done['dataset']}：3 道门槛通过 {reached} 道；查看了 {done['rows']:,} 行。",
        )
    )
    face.say("")
    heads = (Text("dimension", "维度"), Text("gate of 90", "90 分门槛"), Text("points tested", "已测得分"),
             Text("at least", "至少"), Text("at most", "至多"))  # fmt: skip
    rows = [
        (
            g["title"][face.language],
            GATES[g["ruling"]](face.language),
            "–" if g["value"] is None else f"{g['value']:.1f}",
            f"{_down(g['low']):.1f}",
            f"{g['high']:.1f}",
        )
        for g in done["gates"]
    ]
    face.table(heads, rows)
    face.say(wrapped(done["weights"]["said"][face.language]))


def _down(points: float) -> float:
    """Never shown as more than it is."""
    return int(points * 10 + 1e-6) / 10


def _indicators(face: Face, done: Mapping[str, Any]) -> None:
    face.say("")
    heads = (Text("indicator", "指标"), "", Text("points", "得分"), Text("from … to", "区间"), "A / B")
    rows = [_line(i["code"], i, face) for i in done["indicators"]]
    face.table(heads, rows)
    face.say("")
    face.say(Text("Our own parts of 0208, for readings of sensors:", "0208 中针对传感器读数的自定子指标："))
    face.table(heads, [_line(i["code"], i, face) for i in done["sub_indicators"]])


def _line(code: str, told: Mapping[str, Any], face: Face, scale: float = 100.0) -> tuple[str, ...]:
    title = told["title"][face.language]
    if told["value"] is None:
        return (code, title, STATES[told["state"]](face.language), "", "")
    if told["low"] == told["high"]:
        span = Text("exact", "精确")(face.language) if told["state"] == "counted" else ""
    else:
        span = f"{scale * told['low']:.4g} … {scale * told['high']:.4g}"
    ratio = "" if told["met"] is None else f"{told['met']:,.10g} / {told['of']:,.10g}"
    return (code, title, f"{scale * told['value']:.4g}", span, ratio)


def _families(face: Face, done: Mapping[str, Any]) -> None:
    for family in done["families"]:
        known = sum(m["value"] is not None for m in family["measures"])
        face.say("")
        face.say(
            Text(
                f"{family['standard']}: {known} of {len(family['measures'])} measures computed; v = lower is better.",
                f"{family['standard']}：{len(family['measures'])} 项测度中已算出 {known} 项；v 表示越低越好。",
            )
        )
        lines = [_line(m["id"] + (" v" if m["better"] == "lower" else ""), m, face, 1.0) for m in family["measures"]]
        face.table((Text("measure", "测度"), "", Text("value", "值"), Text("from … to", "区间"), "A / B"), lines)


def _uncertainty(face: Face, budgets: Sequence[Mapping[str, Any]]) -> None:
    if not budgets:
        return
    face.say("")
    face.say(Text("Uncertainty of one reading (GUM), expanded to 95 %:", "单次读数的不确定度（GUM），扩展至 95 %："))
    names = {"calibration": Text("calibration", "校准"), "resolution": Text("resolution", "分辨力"),
             "drift": Text("drift", "漂移")}  # fmt: skip
    heads = (Text("tag", "测点"), "u", "k", "U", Text("from", "来源"), Text("not said", "未说明"))
    rows = []
    for b in budgets:
        parts = ", ".join(f"{names[p['name']](face.language)} {p['u']:.3g}" for p in b["parts"])
        lost = ", ".join(names[m](face.language) for m in b["missing"])
        rows.append(
            (b["tag"], f"{b['u']:.3g}", f"{b['k']:.3g}", f"{b['expanded']:.3g} {b['unit']}".strip(), parts, lost)
        )
    face.table(heads, rows)


def _fits(face: Face, fits: Sequence[Mapping[str, Any]]) -> None:
    face.say("")
    for fit in fits:
        state = FITS[fit["state"]](face.language)
        name = fit["model"] or fit["task"]
        sign = "<=" if fit["better"] == "lower" else ">="
        apart = ", " if face.language == "en" else "，"
        score = fit["score"]
        said = [
            state,
            "" if fit["wanted"] is None else f"{fit['metric']} {sign} {fit['wanted']:g}",
            "" if score is None else f"{fit['metric']} {score['value']:.4g} ({score['low']:.4g} … {score['high']:.4g})",
            Text(f"until {fit['until']}", f"至 {fit['until']}")(face.language) if fit["until"] else "",
        ]
        told = apart.join(part for part in said if part)
        line = Text(f"{name}: {told} ({fit['why']['en']})", f"{name}：{told}（{fit['why']['zh']}）")
        drift = apart.join(fit["drift"])
        face.say(wrapped(line(face.language)))
        if drift:
            face.say(Text(f"  drifting: {drift}", f"  存在漂移：{drift}"))


def _lift(face: Face, lift: Mapping[str, Any] | None) -> None:
    if lift is None:
        return
    gain = lift["over_nothing"]
    unit = "" if gain["unit"] == "1" else f" {gain['unit']}"
    told = f"{gain['value']:+.3g} ({gain['low']:.3g} … {gain['high']:.3g}){unit}"
    face.say(
        Text(
            f"Mended by {lift['candidate']}, its model gains {told} over nothing ({lift['run']}).",
            f"经 {lift['candidate']} 修复，模型相对不处理改善 {told}（{lift['run']}）。",
        )
    )


def _missing(face: Face, done: Mapping[str, Any]) -> None:
    """What to do, the indicators that hold a gate first."""
    lacking = [code for g in done["gates"] if g["ruling"] != "passed" for code in g["lacking"]]
    by_code = {i["code"]: i for i in done["indicators"]}
    todo: dict[str, list[str]] = {}
    for code in lacking:
        ways = [e["todo"] for e in by_code[code]["elements"] if not e["there"] and e["todo"]] or [by_code[code]["todo"]]
        for way in ways:
            if code not in todo.setdefault(way, []):
                todo[way].append(code)
    todo.pop("", None)
    todo.update({f["todo"]: [] for f in done["fits"] if f["todo"] and f["todo"] not in todo})
    if todo:
        face.say("")
        face.say(Text("What brings points:", "可提高得分的做法："))
    for way, codes in list(todo.items())[:_TODO]:
        face.say(f"  {' '.join(codes) or '0305'}  {way}")
    if len(todo) > _TODO:
        face.say(Text(f"  … {len(todo) - _TODO} more: --json", f"  … 另有 {len(todo) - _TODO} 项：--json"))
    base = done["dataset"].split("@")[0]
    way = f"diapason report {base}" if done["declared"] else f"diapason score {base} --to needs.yaml"
    face.say(Text(f"Next: {way}", f"下一步：{way}"))
