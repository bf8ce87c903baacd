"""The sections of the enterprise's page: each a sentence and a table; every figure opens its run."""

from collections.abc import Mapping, Sequence
from typing import Any

from diapason.services.page.content import Cell, Section, estimate, figure_cell
from diapason.vocabulary.language import Language, Text

__all__ = ["counters", "dates", "effects", "levels", "measures", "stands"]

_STATES = {
    "computed": ("state yes", Text("computed", "已计算")),
    "asked": ("state know", Text("asked", "已询问")),
    "not tested": ("untested", Text("not tested", "未测试")),
    "not for software": ("state no", Text("not for software", "不属软件范围")),
}
_COUNTERS = {
    "agent": Text("industrial agents", "工业智能体"),
    "dataset": Text("high-quality datasets", "高质量数据集"),
    "scenario": Text("typical scenarios", "典型应用场景"),
    "enterprise": Text("benchmark enterprises", "标杆企业"),
    "general_model": Text("general models in deep use", "深度应用的通用大模型"),
}
_NONE = Text("nothing yet", "尚无")
MOST = 12


def measures(lines: Sequence[Mapping[str, Any]], language: Language) -> Section:
    """The 21 measures and the safeguards, each with the run that shows it."""
    heads = (Text("measure", "举措"), Text("state", "状态"), Text("shown by", "依据"))
    rows = tuple(_measure(line, language) for line in lines)
    lead = Text("What the programme asks for, and what of it is shown here.", "专项行动的要求，以及本处已证明的部分。")
    return _section("measures", Text("The 21 measures", "21 项举措"), lead, heads, rows, language)


def _measure(line: Mapping[str, Any], language: Language) -> tuple[Cell, ...]:
    kind, word = _STATES[line["state"]]
    return Cell(f"{line['id']}  {line['title'][language]}"), Cell(word(language), kind=kind), _shown_by(line, language)


def _shown_by(line: Mapping[str, Any], language: Language) -> Cell:
    """The newest run that shows it, or the ledger's entry where it is no run."""
    if not line["runs"]:
        return Cell("–")
    kind, _, name = str(line["runs"][0]["id"]).partition(":")
    first, more = name if kind == "run" else f"{kind}:{name}", len(line["runs"]) - 1
    told = Text(f"{first} and {more} more", f"{first} 等 {more + 1} 次") if more else Text(first, first)
    return Cell(told(language), run=name if kind == "run" else "")


def levels(appraised: Mapping[str, Any], titles: Mapping[str, Text], language: Language) -> Section:
    """Levels claimed and proven of every model that was appraised."""
    heads = (
        Text("model", "模型"),
        Text("claimed", "申报"),
        Text("proven", "证实"),
        Text("proven by machine", "机器证实占比"),
    )
    rows = []
    for model, facts in appraised.items():
        whole, run = facts["result"]["levels"]["whole"], str(facts["run"])
        claimed, proven = (f"{whole[k]['level']} ({whole[k]['score']:.2f})" for k in ("claimed", "proven"))
        cells = (
            Cell(claimed, run=run, kind="n"),
            Cell(proven, run=run, kind="n"),
            Cell(f"{whole['counted']:.0%}", kind="n"),
        )
        rows.append((Cell(titles[model](language) if model in titles else model), *cells))
    lead = Text(
        "Claimed counts what people declared too, proven only what was counted. The clauses are ours.",
        "“申报”包含人员申报的内容，“证实”只含系统计数的内容。条款为本系统自拟。",
    )
    empty = Text("No appraisal yet: diapason appraise annex2", "尚未评估：diapason appraise annex2")
    return _section("levels", Text("Maturity", "成熟度"), lead if rows else empty, heads, tuple(rows), language)


def counters(counted: Mapping[str, Any] | None, language: Language) -> Section:
    """What counts towards the targets of the programme, by the rules of the newest count."""
    title, empty = (
        Text("What counts", "可计入的数量"),
        Text("Not counted yet: diapason count", "尚未计数：diapason count"),
    )
    if counted is None:
        return _section("counters", title, empty, (), (), language)
    heads = (
        Text("what", "类别"),
        Text("accepted", "接受"),
        Text("not tested", "未测试"),
        Text("refused", "不接受"),
        Text("rule", "规则"),
    )
    rows = []
    for name, facts in counted["result"]["counts"].items():
        figures = (
            Cell(str(facts[k]), run=str(counted["run"]), kind="n") for k in ("accepted", "not_tested", "refused")
        )
        rows.append((Cell(_COUNTERS[name](language)), *figures, Cell(str(facts["rule"]))))
    lead = Text(
        "The rules are ours: the programme attaches no test to its words. Simulated plants never count.",
        "规则为本系统自拟：文件未对这些用语规定检验方法。仿真工厂一律不计。",
    )
    return _section("counters", title, lead, heads, tuple(rows), language)


def effects(paid: Mapping[str, Any], language: Language) -> Section:
    """What changes were worth."""
    heads = (Text("what", "对象"), Text("effect", "效果"), Text("said", "结论"))
    rows = []
    for name, facts in paid.items():
        result, run = facts["result"], str(facts["run"])
        figure = figure_cell(
            estimate(result.get("effect") if isinstance(result.get("effect"), dict) else result), run, "–"
        )
        rows.append((Cell(name), figure, Cell(result["verdict"][language], run=run)))
    empty = Text("No effect was measured yet: diapason effect", "尚未测量效果：diapason effect")
    lead = Text("Each against a baseline, with its interval.", "均与基线对比，并给出区间。")
    return _section("effects", Text("What it pays", "经济效果"), lead if rows else empty, heads, tuple(rows), language)


def dates(complied: Mapping[str, Any] | None, soon: Sequence[Mapping[str, Any]], language: Language) -> Section:
    """What falls due by law, and which papers run out."""
    rows = [
        (Cell(str(d["day"])), Cell(d["what"][language], more=d["for"][language]), Cell(str(d["basis"])))
        for d in (complied["result"]["due"] if complied else ())
    ]
    rows += [(Cell(str(s["until"])), Cell(str(s["id"])), Cell(_above(s)(language))) for s in soon]
    heads = (Text("day", "日期"), Text("what", "事项"), Text("basis", "依据"))
    empty = Text("Obligations: diapason comply", "义务：diapason comply")
    lead = Text("Within the next 90 days.", "今后 90 天内。")
    ordered = tuple(sorted(rows, key=lambda row: row[0].text)[:MOST])
    return _section("dates", Text("What falls due", "到期事项"), lead if rows else empty, heads, ordered, language)


def _above(one: Mapping[str, Any]) -> Text:
    return Text(f"{one['above']} claims stand on it", f"{one['above']} 项声明以其为依据")


def stands(view: Mapping[str, Any], language: Language) -> Section:
    """What has fallen, and because of what."""
    heads = (Text("fallen", "失效"), Text("what", "类别"), Text("because of", "根源"))
    rows = tuple((Cell(f["id"]), Cell(f["verb"] or f["kind"]), Cell(f["because"][-1])) for f in view["fallen"][:MOST])
    lead = Text(
        f"{view['standing']:,} of {view['claims']:,} claims stand: diapason standing",
        f"{view['claims']:,} 项声明中 {view['standing']:,} 项成立：diapason standing",
    )
    return _section("stands", Text("What stands, what has fallen", "成立与失效"), lead, heads, rows, language)


def _section(  # roomy: a table has that many sides
    name: str, title: Text, lead: Text, heads: Sequence[Text], rows: tuple[tuple[Cell, ...], ...], language: Language
) -> Section:
    shown = tuple(h(language) for h in heads) if rows else ()
    return Section(name, title(language), lead(language), heads=shown, rows=rows)
