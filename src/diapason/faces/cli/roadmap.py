"""`diapason roadmap`: steps from where we stand, in order, dated, under a budget."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from diapason.faces.cli.arguments import Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["roadmap"]

_BAR = 24
"""Columns of the chart."""


@command(
    Text(
        "Order the steps from where you stand by effect per day of work, dated, under a budget.",
        "从现状出发，按每工作日的提升效果排列步骤，给出日期，并受预算约束。",
    ),
    good="diapason roadmap --sector RM1 --budget 20",
    bad=Text(
        "diapason roadmap --sector RM9 -> there is no sector 'RM9'",
        "diapason roadmap --sector RM9 -> 没有行业代码“RM9”",
    ),
)
def roadmap(
    face: Face,
    *,
    model: Annotated[
        str, Option("--model", "Model of maturity, as appraise takes it", "成熟度模型，写法同 appraise")
    ] = "dcmm",
    sector: Annotated[
        str, Option("--sector", "Code of a sector, whose stresses count twice: RM1", "行业代码，其重点加倍计：RM1")
    ] = "",
    budget: Annotated[float, Option("--budget", "Days of work of one person", "预算，一人工作日数", least=0)] = 40.0,
) -> None:
    """Call the service and draw the road."""
    from diapason.services import appraise as service

    done = service.roadmap(face.open(), model=model, sector=sector, budget=budget)
    _head(face, done)
    face.say("")
    if not done["steps"]:
        face.say(Text("No step fits this budget.", "没有步骤可在该预算内完成。"))
    for number, step in enumerate(done["steps"], start=1):
        _step(face, number, step, done)
    face.say("")
    face.say(Text(f"Next: diapason appraise {model}", f"下一步：diapason appraise {model}"))
    face.result(done)


def _head(face: Face, done: Mapping[str, Any]) -> None:
    face.say(wrapped(done["model"]["title"][face.language]))
    first, last = done["from"], done["to"]
    words = Text(
        f"{len(done['steps'])} steps, {done['effort_days']:g} of {done['budget_days']:g} days of work, "
        f"until {done['ends']}: claimed {first['claimed']['score']:.2f} to {last['claimed']['score']:.2f} "
        f"(level {last['claimed']['level']}), proven {first['proven']['score']:.2f} to {last['proven']['score']:.2f} "
        f"(level {last['proven']['level']}).",
        f"共 {len(done['steps'])} 步，使用 {done['budget_days']:g} 个工作日中的 {done['effort_days']:g} 个，"
        f"至 {done['ends']}："
        f"申报 {first['claimed']['score']:.2f} 升至 {last['claimed']['score']:.2f}（{last['claimed']['level']} 级），"
        f"证实 {first['proven']['score']:.2f} 升至 {last['proven']['score']:.2f}（{last['proven']['level']} 级）。",
    )
    face.say(wrapped(words(face.language)))
    if done["sector"]:
        title, code = done["sector"]["title"][face.language], done["sector"]["code"]
        items = done["sector"]["stresses"]
        said = Text(
            f"Sector {code} {title}: its items count twice in the order: {', '.join(items)}",
            f"行业 {code} {title}：排序时以下条目加倍计：{'、'.join(items)}",
        )
        if not items:
            said = Text(
                f"Sector {code} {title}: what it stresses is not known in this model; the order is the plain one.",
                f"行业 {code} {title}：该模型中没有其重点对应的条目，按一般次序排列。",
            )
        face.say(wrapped(said(face.language)))
    why = Text(
        "One person, Saturdays and Sundays free; each step counts only when it is shown again by an appraisal.",
        "按一人计，周六、周日休息；每一步须经再次评估显示后方才算数。",
    )
    face.say(wrapped(why(face.language)))


def _step(face: Face, number: int, step: Mapping[str, Any], done: Mapping[str, Any]) -> None:
    effect = step["effect"]
    bar = _bar(step, date.fromisoformat(done["today"]), date.fromisoformat(done["ends"]))
    effort = f"{step['effort_days']:g} d"
    gain = f"+{effect['claimed']:.3f} +{effect['proven']:.3f}"
    face.say(f"{number:>2} {step['begins']} {step['ends']} {effort:>6} |{bar}| {gain}")
    colon = Text(": ", "：")(face.language)
    text = f"{step['item']} {step['item_title'][face.language]}{colon}{step['do'][face.language]}"
    if step["counts_from"] > step["ends"]:
        text += Text(f" (counts from {step['counts_from']})", f"（自 {step['counts_from']} 起满足）")(face.language)
    face.say("   " + wrapped(text, indent=3))
    if step["command"]:
        face.say(f"   {step['command']}")


def _bar(step: Mapping[str, Any], first: date, last: date) -> str:
    """When the step is worked on, over the whole of the road."""
    whole = max((last - first).days + 1, 1)
    begin, end = (((date.fromisoformat(step[k]) - first).days) * _BAR / whole for k in ("begins", "ends"))
    start = min(int(begin), _BAR - 1)
    stop = max(start + 1, min(_BAR, int(end + _BAR / whole + 0.5)))
    return " " * start + "=" * (stop - start) + " " * (_BAR - stop)
