"""The trial table: each repair against nothing, placebo and the robust learner, and what it costs."""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.engines.drawing.forest import scale, span, strip
from diapason.engines.drawing.svg import number
from diapason.knowledge.findings import kinds
from diapason.services.page.content import Block, Blocks, Cell, Line, Runs, Section, estimate, gain_cell
from diapason.services.report.learned import named
from diapason.services.resonate import reason
from diapason.services.resonate.repair_words import KINDS, LEARNERS, does, guarded, members_of, price, titled, undoing
from diapason.vocabulary.estimates import Estimate
from diapason.vocabulary.language import Language, Text

__all__ = ["ARMS", "measured_in", "tried"]

ARMS = {
    "over_nothing": Text("doing nothing", "不处理"),
    "over_placebo": Text("placebo of the same size", "同等规模的安慰剂"),
    "over_robust": Text("the most robust learner", "最稳健的学习器"),
}
UNTESTED = Text("not tested", "未测试")
ADOPTED, FELL, ASKS = Text("holds up", "成立"), Text("not adopted", "未采纳"), Text("a person decides", "由人决定")
MOST = 60
"""Lines of the table of those that fell early; the run holds all."""

Row = Mapping[str, Any]


def tried(runs: Runs, language: Language, newest: str = "") -> Section:
    """All candidates: those confirmed on untouched folds with their intervals, then those that fell before.

    Args:
        newest: the newest version of the dataset; where the trials were on another one, the section says so.
    """
    title = Text("The trials", "试验")(language)
    if not runs.run("resonate"):
        lead = Text(
            f"No repair was tried yet: diapason resonate {runs.dataset}",
            f"尚未试验修复：diapason resonate {runs.dataset}",
        )
        return Section("trials", title, lead(language))
    result, run = runs.result("resonate"), runs.run("resonate")
    rows = sorted(result.get("rows", ()), key=lambda r: not r["adopted"])
    confirmed = [r for r in rows if _confirmed(r)]
    early = [r for r in rows if not _confirmed(r)]
    return Section(
        "trials",
        title,
        _elsewhere(runs, newest)(language) + _lead(rows, confirmed)(language),
        blocks=_blocks(confirmed, result, run, language) if confirmed else None,
        heads=tuple(h(language) for h in _EARLY) if early else (),
        rows=tuple(_early(r, run, language) for r in early[:MOST]),
        note=_left_off(len(early) - MOST)(language),
    )


def measured_in(metric: str, unit: str, language: Language) -> str:
    """What a gain is: percent of an error taken away, or points of a measure from 0 to 1."""
    name = named(metric, language)
    if unit == "%":
        return Text(f"{name} taken away, in %", f"{name} 减少的百分比")(language)
    return Text(f"gain in {name}, which goes from 0 to 1", f"{name} 的增益（取值 0 到 1）")(language)


def _confirmed(row: Row) -> bool:
    return estimate(row.get("over_nothing")) is not None


def _lead(rows: Sequence[Row], confirmed: Sequence[Row]) -> Text:
    if not rows:
        return Text(
            "Nothing in the training rows called for a repair, so none was tried. What could have been seen, and what "
            "not, stands below.",
            "训练行中没有需要修复之处，因此未作任何试验。哪些缺陷本可发现、哪些不能，见下文。",
        )
    sure, count = f"{_level(confirmed):.3g} %", len(confirmed)
    together = Text(
        f" Bars: dark 68 %, light wide enough that all {count} hold together with {sure} (max-T), clustered.",
        f"深色条为 68 %；浅色条的宽度使全部 {count} 项同时成立的把握为 {sure}（max-T），按簇计算。",
    )
    if count == 1:
        together = Text(f" Bars: dark 68 %, light {sure}, clustered.", f"深色条为 68 %，浅色条为 {sure}，按簇计算。")
    more = together if confirmed else Text("", "")
    return Text(
        f"{len(rows)} candidates, {len(confirmed)} of them confirmed on folds that chose nothing. A repair is adopted "
        f"only if all three intervals lie right of the line.{more.en}",
        f"共 {len(rows)} 个候选，其中 {len(confirmed)} 个在未参与挑选的折上确认。三个区间都在线右，修复才会被采纳。"
        f"{more.zh}",
    )


def _elsewhere(runs: Runs, newest: str) -> Text:
    on = str(runs.by_verb["resonate"]["dataset"])
    if newest in ("", on):
        return Text("", "")
    return Text(f"Tried on {on}; the newest version is {newest}. ", f"在 {on} 上试验；最新版本为 {newest}。")


def _level(confirmed: Sequence[Row]) -> float:
    known = [e for r in confirmed if (e := estimate(r["over_nothing"]))]
    return 100 * known[0].level if known else 0.0


def _blocks(rows: Sequence[Row], result: Mapping[str, Any], run: str, language: Language) -> Blocks:
    power = result.get("power") or {}
    mark = power.get("detectable")
    near = [e for r in rows for k in ("over_placebo", "over_robust") if (e := estimate(r.get(k)))]
    ends = span(near, [e for r in rows for e in _others(r)], mark)
    unit = near[0].unit
    words = measured_in(str(result["metric"]), unit, language)
    if mark:
        least = f"{number(mark)}{' %' if unit == '%' else ''}"
        words += Text(
            f"; right of the line is better; dashed: a true gain of {least} is found with 80 % probability",
            f"；线右为更好；虚线：真实增益达 {least} 时有 80 % 的概率被发现",
        )(language)
    words += Text(
        "; the guardrail is the gain over the robust learner on that slice alone",
        "；护栏为仅在该部分上相对稳健学习器的增益",
    )(language)
    made = tuple(_block(r, result, run, ends, language) for r in rows)
    heads = Text("gain over", "相对于"), Text("gain (interval)", "增益（区间）")
    return Blocks(made, scale(ends, mark), words, (heads[0](language), heads[1](language)))


def _others(row: Row) -> list[Estimate]:
    found = [row.get(k) for k in ("over_nothing", "alone", "guardrail")] + list((row.get("parts") or {}).values())
    return [e for x in found if (e := estimate(x))]


def _block(row: Row, result: Mapping[str, Any], run: str, ends: tuple[float, float], language: Language) -> Block:
    candidate = row["candidate"]
    mark = (result.get("power") or {}).get("detectable")
    own = "ours" if row["adopted"] else "peer"
    lines = [
        Line(label, strip(e, ends, kind, mark if key == "over_robust" else None), gain_cell(e, run, UNTESTED(language)))
        for key, label, e, kind in _lines(row, str(result["task"]), own, language)
    ]
    learner = LEARNERS.get(row["learner"], Text(row["learner"], row["learner"]))
    facts = [
        candidate["id"],
        KINDS[candidate["kind"]](language),
        _rows_said(row["touched"])(language),
        Text(f"learnt by {learner.en}", f"由{learner.zh}学习")(language),
    ]
    return Block(
        title=titled(candidate, language),
        state=Cell((ADOPTED if row["adopted"] else FELL)(language), kind=f"state {'yes' if row['adopted'] else 'no'}"),
        facts=tuple(facts),
        lines=tuple(lines),
        notes=tuple(_notes(row, language)),
    )


def _lines(row: Row, task: str, own: str, language: Language) -> list[tuple[str, str, Estimate | None, str]]:
    """Key, label, estimate and colour: the arms, the repair alone, each member of a bundle, the guarded slice."""
    found = [(k, words(language), estimate(row.get(k)), own) for k, words in ARMS.items()]
    alone = Text("doing nothing, both with the usual learner", "不处理（双方均用常用学习器）")
    found.append(("alone", alone(language), estimate(row.get("alone")), "peer"))
    by_id = {m["id"]: m for m in members_of(row["candidate"])}
    for member, gain in (row.get("parts") or {}).items():
        said = does(by_id[member]) if member in by_id else Text(member, member)
        words = Text(f"the bundle without: {said.en}", f"组合中去掉“{said.zh}”")
        found.append(("parts", words(language), estimate(gain), own))
    guard = guarded(task)
    words = Text(f"guardrail: {guard.en}", f"护栏：{guard.zh}")
    found.append(("guardrail", words(language), estimate(row.get("guardrail")), "peer"))
    return found


def _notes(row: Row, language: Language) -> list[tuple[str, str]]:
    candidate = row["candidate"]
    bundle = len(members_of(candidate)) > 1
    found = [(Text("why", "原因"), reason(row)), (Text("cost", "代价"), price(candidate, int(row["touched"])))]
    found.append((Text("undo", "撤回"), undoing(candidate)))
    guard = estimate(row.get("guardrail"))
    if row["adopted"] and guard and guard.value < 0:
        found.append((Text("watch", "留意"), _watched(guard)))
    because = _because(candidate)
    if because.en and not bundle:
        found.insert(0, (Text("because of", "缘由"), because))
    return [(word(language), said(language)) for word, said in found if said(language)]


def _watched(guard: Estimate) -> Text:
    """An adopted repair with a slice that looks worse, though not surely."""
    by = f"{number(-guard.value)}{' %' if guard.unit == '%' else ''}"
    return Text(
        f"the guarded slice looks worse by {by}; that is not sure, so look at it before you adopt",
        f"护栏部分看似变差 {by}，但不能确定；采纳前请查看该部分",
    )


def _because(candidate: Mapping[str, Any]) -> Text:
    """The findings that called for it, by their titles; what is no finding is left out."""
    known = [kinds()[k] for k in str(candidate.get("because", "")).split(", ") if k in kinds()]
    return Text("; ".join(k.title("en") for k in known), "；".join(k.title("zh") for k in known))


_EARLY = (
    Text("fell before confirmation", "未进入确认的候选"),
    Text("rows", "行数"),
    Text("gain over the robust learner, screening", "初筛中相对稳健学习器的增益"),
    Text("why", "原因"),
)


def _early(row: Row, run: str, language: Language) -> tuple[Cell, ...]:
    candidate = row["candidate"]
    more = f"{candidate['id']} · {KINDS[candidate['kind']](language)}"
    gain = gain_cell(estimate(row.get("over_robust")), run, UNTESTED(language))
    touched = Cell(f"{row['touched']:,}" if row["touched"] else "–", run=run if row["touched"] else "", kind="n")
    why = Cell(reason(row)(language))
    if candidate["ask"]:
        why = Cell(ASKS(language), kind="state look", more=reason(row)(language))
    return (Cell(titled(candidate, language), more=more), touched, gain, why)


def _rows_said(touched: int) -> Text:
    return Text(f"{touched:,} row{'' if touched == 1 else 's'} touched in training", f"训练中涉及 {touched:,} 行")


def _left_off(count: int) -> Text:
    return Text(f"{count} more are in the run.", f"另有 {count} 项见该次运行。") if count > 0 else Text("", "")
