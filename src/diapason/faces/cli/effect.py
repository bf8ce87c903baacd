"""`diapason effect`: what a change did to a metric, against a baseline, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option, given
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["effect"]


class _By(StrEnum):
    BEFORE_AFTER = "before-after"
    AB = "ab"
    MATCHED = "matched"


class _Better(StrEnum):
    LOWER = "lower"
    HIGHER = "higher"


class _Daily(StrEnum):
    MEAN = "mean"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Words:
    """What may be said of an effect, named as the service takes it."""

    metric: Annotated[str, Option("--metric", "Column that is to change", "受影响的指标列")]
    since: Annotated[
        str, Option("--since", "Day from which the change counts: 2026-05-01", "变更生效日：2026-05-01")
    ] = ""
    by: Annotated[_By, Option("--by", "How the two sides are compared", "对比方式")] = _By.BEFORE_AFTER
    covariates: Annotated[
        str,
        Option(
            "--covariates",
            "Columns that move the metric too but not by the change: load,grade; also weekday, trend",
            "同样影响指标、但不受变更影响的列：load,grade；还可用 weekday（星期）、trend（趋势）",
        ),
    ] = ""
    group: Annotated[str, Option("--group", "ab: column that says what was treated", "分组对比：标明处理组的列")] = ""
    treated: Annotated[str, Option("--treated", "ab: its value for the treated", "分组对比：处理组的取值")] = ""
    cluster: Annotated[
        str,
        Option(
            "--cluster",
            "ab: column of what was treated as one, such as a shift; else the day",
            "分组对比：整体接受处理的单元所在列，如班次；默认按日",
        ),
    ] = ""
    daily: Annotated[_Daily, Option("--daily", "How a day is made of its rows", "一日之内如何汇总")] = _Daily.MEAN
    better: Annotated[_Better | None, Option("--better", "Which way is better", "越低越好，还是越高越好")] = None
    worth: Annotated[
        str,
        Option("--worth", 'What one unit of the metric is worth: "0.42 CNY/kWh"', '每单位指标的价值："0.42 CNY/kWh"'),
    ] = ""
    yearly: Annotated[
        float | None,
        Option(
            "--yearly",
            "How much a year has of it: hours for kW, tonnes for kWh/t",
            "全年数量：kW 为小时数，kWh/t 为吨数",
            least=0,
        ),
    ] = None
    model: Annotated[str, Option("--model", "Model whose effect it is", "产生此效果的模型")] = ""


@command(
    Text(
        "Measure what a change did to a metric: before and after, side by side, or in matched days.",
        "测量一项变更对指标的影响：前后对比、分组对比或匹配日对比。",
    ),
    good="diapason effect furnace --metric energy --since 2026-05-01 --covariates load,weekday --better lower",
    bad=Text(
        "diapason effect furnace --metric energy --since 2031-01-01 -> 2031-01-01 lies outside of the data",
        "diapason effect furnace --metric energy --since 2031-01-01 -> 2031-01-01 不在数据的时间范围内",
    ),
)
def effect(
    face: Face,
    name: Annotated[str, Argument("Dataset, or dataset@version", "数据集，或 数据集@版本")],
    words: Words,
) -> None:
    """Call the service; verdict, numbers, doubts."""
    from diapason.services import effect as service

    said: dict[str, Any] = {"metric": words.metric}
    said |= {key: value.value if isinstance(value, StrEnum) else value for key, value in given(words).items()}
    said["covariates"] = tuple(c.strip() for c in words.covariates.split(",") if c.strip())
    done = service.run(face.open(), name, service.Asked(**said))
    face.say(wrapped(done["verdict"][face.language]))
    _tell(face, done)
    _doubts(face, done)
    if done["worth"]:
        _worth(face, done["worth"])
    short = done["dataset"].split("@")[0]
    way = f"diapason payback {short}" if done["worth"] else f"diapason effect {short} … --better lower --worth …"
    face.say("")
    face.say(Text(f"Next: {way}", f"下一步：{way}"))
    face.result(done)


def _tell(face: Face, done: Mapping[str, Any]) -> None:
    """What was observed, what was expected, from how much, and how well the baseline fits."""
    counted, base = done["counted"], done["baseline"]
    unit = "" if done["unit"] == "1" else f" {done['unit']}"
    heads = (
        Text("observed", "实际"),
        Text("expected", "预期"),
        Text("difference (90 %)", "差值（90 %）"),
        Text("%", "%"),
    )
    e, p = done["effect"], done["percent"]
    difference = (
        f"{'+' if e['value'] > 0 else ''}{_figure(e['value'])} ({_figure(e['low'])} … {_figure(e['high'])}){unit}"
    )
    percent = "–" if p["value"] is None else f"{p['value']:+.1f} ({p['low']:.1f} … {p['high']:.1f})"
    face.say("")
    face.table(heads, [(_figure(done["observed"]), _figure(done["expected"]), difference, percent)])
    ab = done["by"] == "ab"
    two = Text("untreated and treated", "对照与处理") if ab else Text("days before and after", "天（变更前与变更后）")
    numbers = f"{counted['before']:,} + {counted['after']:,}"
    said = Text(f"{numbers} {two.en}", f"{two.zh} {numbers}" if ab else f"{numbers} {two.zh}")
    gone = counted["dropped"] + counted["thin"] + counted["left_out"]
    if gone:
        said = Text(f"{said.en}, {gone} left out", f"{said.zh}，另剔除 {gone}")
    if base["covariates"]:
        names = ", ".join(done["covariates"])
        said = Text(
            f"{said.en}; {base['fit']:.0%} of what moved it explained by {names}",
            f"{said.zh}；{names} 解释了 {base['fit']:.0%} 的波动",
        )
    if done["placebo"]:
        share, dates = done["placebo"]["share"], done["placebo"]["dates"]
        said = Text(
            f"{said.en}. At {dates} dates before, chance showed as much {share:.0%} of the time",
            f"{said.zh}。在变更前的 {dates} 个日期上，偶然出现同样大变化的占 {share:.0%}",
        )
    face.say(wrapped(Text(f"{said.en}.", f"{said.zh}。")(face.language)))


def _figure(value: float) -> str:
    """Four digits that matter, and never an exponent for what a person can read without."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"


def _doubts(face: Face, done: Mapping[str, Any]) -> None:
    if not done["doubts"]:
        return
    face.say("")
    face.say(Text("Doubts:", "存疑之处："))
    for doubt in done["doubts"]:
        face.say(wrapped(f"- {doubt['said'][face.language]}", 2))


def _worth(face: Face, worth: Mapping[str, Any]) -> None:
    y = worth["yearly"]
    amounts = f"{y['value']:,.0f} {worth['currency']} ({y['low']:,.0f} … {y['high']:,.0f})"
    times = f"{worth['times']:,.6g}"
    assumed = (
        Text(", as many days as ran since the change", "，按变更后的开工天数折算") if worth["assumed"] else Text("", "")
    )
    face.say("")
    face.say(
        wrapped(
            Text(
                f"Worth in a year: {amounts}, at {worth['of_one']:g} {worth['currency']} times {times}{assumed.en}.",
                f"年价值：{amounts}，按单价 {worth['of_one']:g} {worth['currency']} × {times} 计算{assumed.zh}。",
            )(face.language)
        )
    )
