"""How good the model really is: the honest split, the random one beside it, and where it is weak."""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.engines.drawing.intervals import DotRow, dots, slope
from diapason.knowledge.findings import sentence
from diapason.services.page.content import Cell, Figure, Runs, Section, estimate, figure_cell
from diapason.services.report.found import finding
from diapason.services.resonate.repair_words import LEARNERS
from diapason.vocabulary.language import Language, Text

__all__ = ["gap", "learned", "slices"]

METRICS = {
    "rmse": Text("root mean square error", "均方根误差"),
    "mae": Text("mean absolute error", "平均绝对误差"),
    "accuracy": Text("share of rows that are right", "正确率"),
    "balanced_accuracy": Text("share right, mean over classes", "各类正确率均值"),
    "r2": Text("share of the spread explained", "解释的离散占比"),
    "macro_f1": Text("F1, mean over classes", "各类 F1 均值"),
    "f1": Text("F1 of the alarm", "报警 F1"),
    "misses": Text("misses", "漏报率"),
    "false_alarms": Text("false alarms", "误报率"),
    "nasa_score": Text("NASA score, late costs more", "NASA 评分（晚报代价更高）"),
}
UNTESTED = Text("not tested", "未测试")
HONEST, RANDOM = Text("honest", "诚实划分"), Text("random", "随机划分")


def named(metric: str, language: Language) -> str:
    """What a measure is called, with its short name."""
    words = METRICS.get(metric)
    return f"{words(language)} ({metric})" if words else metric


def gap(runs: Runs, language: Language) -> Figure | None:
    """The honesty gap as a slope; None before anything was learnt."""
    result = runs.result("learn")
    honest, random = _score(result.get("honest")), _score(result.get("random"))
    if honest is None or random is None:
        return None
    metric = result["honest"]["metric"]["name"]
    title = Text("Honesty gap", "诚实差距")(language)
    drawn = slope((HONEST(language), honest), (RANDOM(language), random), title=title, axis=named(metric, language))
    cause = next((f for f in result.get("findings", ()) if f["kind"].startswith("honesty_gap")), None)
    words = sentence(finding(cause), language) if cause else _no_gap(language)
    return Figure(drawn, words, narrow=True)


def _no_gap(language: Language) -> str:
    same = Text("The two splits agree within their doubt.", "两种划分在误差范围内一致。")
    return same(language)


def _score(card: Mapping[str, Any] | None) -> Any:
    return estimate(card["score"]) if card else None


def learned(runs: Runs, figures: Sequence[Figure], language: Language) -> Section:
    """The section about the model; says so when nothing was learnt yet."""
    title = Text("How good the model really is", "模型到底有多好")(language)
    if not runs.run("learn"):
        lead = Text(
            f"Nothing learnt yet: diapason learn {runs.dataset} --task TASK",
            f"尚未学习：diapason learn {runs.dataset} --task 任务",
        )
        return Section("learned", title, lead(language))
    result, run = runs.result("learn"), runs.run("learn")
    honest, random = result["honest"], result.get("random") or {}
    measures = {honest["metric"]["name"]: honest["score"]} | dict(honest.get("others", {}))
    beside = {random["metric"]["name"]: random["score"]} | dict(random.get("others", {})) if random else {}
    rows = [
        (
            Cell(named(name, language)),
            figure_cell(estimate(value), run, UNTESTED(language)),
            figure_cell(estimate(beside.get(name)), run, UNTESTED(language)),
        )
        for name, value in measures.items()
    ]
    recipe = str(honest["recipe"]).split("/", maxsplit=1)[0]
    learner = LEARNERS.get(recipe, Text(recipe, recipe))
    lead = Text(
        f"Learner: {learner.en}; judged {_why(result, 'en')}.",
        f"学习器：{learner.zh}；评判方式：{_why(result, 'zh')}。",
    )
    heads = (Text("measure", "指标"), HONEST, RANDOM)
    return Section("learned", title, lead(language), tuple(figures), tuple(h(language) for h in heads), tuple(rows))


KINDS = {
    "asset": Text("by asset: engines, pumps or coils it never saw", "按设备：从未见过的设备"),
    "batch": Text("by batch: batches it never saw", "按批次：从未见过的批次"),
    "contiguous": Text("by blocks of time with a gap", "按时间块并留间隔"),
    "time_ordered": Text("in time order: only the past is learnt from", "按时间先后：只用过去学习"),
    "stratified": Text("at random, because rows are independent", "随机，因各行相互独立"),
    "random": Text("at random", "随机"),
}


def _why(result: Mapping[str, Any], language: Language) -> str:
    kind = result["honest"]["split"]
    return KINDS.get(kind, Text(kind, kind))(language)


def slices(runs: Runs, language: Language) -> Section | None:
    """Where the model is weak, in the user's words; None where it is even."""
    weak = runs.result("learn").get("honest", {}).get("slices", ())
    if not weak:
        return None
    title = Text("Where it is weak", "哪里薄弱")(language)
    lead = Text(
        "On these parts of the rows the model is worse than elsewhere, beyond chance and corrected for the search.",
        "在这些部分，模型比其他地方差；已排除偶然并按搜索次数校正。",
    )
    metric = runs.result("learn")["honest"]["metric"]["name"]
    rest = Text("all other rows", "其余各行")
    dotted = []
    for part in weak[:6]:
        group = f"{part['rule']} · n={part['n']}"
        dotted.append(DotRow(Text("these rows", "这些行")(language), estimate(part["score"]), "look", group))
        dotted.append(DotRow(rest(language), estimate(part["rest"]), "peer", group))
    drawn = dots(dotted, title=title, axis=named(metric, language), zero=False, untested=UNTESTED(language))
    return Section("slices", title, lead(language), (Figure(drawn, ""),))
