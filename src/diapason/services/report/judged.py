"""What was ruled out at what power, and how the trials were judged: split, judge, account, seeds, sizes."""

from collections.abc import Mapping
from typing import Any

from diapason.engines.drawing.svg import number
from diapason.services.page.content import Cell, Runs, Section, estimate
from diapason.services.report.learned import KINDS, named
from diapason.services.resonate.repair_words import LEARNERS, titled
from diapason.vocabulary.language import Language, Text

__all__ = ["judged", "ruled"]

ESTIMATORS = {
    "given": Text(
        "the values as given: no errors were shown among the judged rows", "按原值评判：被评判的行中未证实有错误"
    ),
    "weighted": Text(
        "rows shown to be errors count less, by their doubt; they are never rewritten",
        "已证实为错误的行按可疑程度减权；绝不改写",
    ),
    "believed": Text(
        "labels corrected for their noise by forward correction (Patrini et al., CVPR 2017; noise matrix of the surest "
        "rows: Liu and Tao, TPAMI 38, 2016): each judged row counts for each class as far as it is believed",
        "按标签噪声作前向校正（Patrini 等，CVPR 2017；噪声矩阵取自最有把握的行：Liu 与 Tao，TPAMI 38，2016）："
        "被评判的每一行按其属于各类的可信程度计入",
    ),
    "unmixed": Text(
        "labels corrected for their noise by backward correction (Natarajan et al., NeurIPS 2013; noise matrix of the "
        "surest rows: Liu and Tao, TPAMI 38, 2016): right on average, with wide intervals",
        "按标签噪声作后向校正（Natarajan 等，NeurIPS 2013；噪声矩阵取自最有把握的行：Liu 与 Tao，TPAMI 38，2016）："
        "平均无偏，但区间较宽",
    ),
    "unidentified": Text(
        "labels as given: they seem noisy, but by noise that depends on the row, or by classes that overlap; which it "
        "is cannot be identified without an audit",
        "按原有标签评判：标签似有噪声，但噪声与行有关或类别重叠；不经人工核对无法辨识",
    ),
}
"""How the judge deals with errors among the rows it judges on."""


def ruled(runs: Runs, language: Language) -> Section | None:
    """How large a gain could have been missed; None where no repair was confirmed: the page begins with it then."""
    result, run = runs.result("resonate"), runs.run("resonate")
    power = result.get("power")
    if not power:
        return None
    title = Text("What is ruled out, at what power", "排除了什么，功效多大")(language)
    said = result.get("ruled_out", {}).get(language, "")
    unit = power["unit"]
    heads = Text("repair", "修复"), Text("a gain above this is excluded", "可排除高于此值的增益")
    rows = [
        (Cell(titled(r["candidate"], language), more=r["candidate"]["id"]), _excluded(r, unit, run))
        for r in result["rows"]
        if estimate(r.get("over_robust")) and not r["screened_out"]
    ]
    least = f"{number(power['detectable'])}{' %' if unit == '%' else ''}"
    note = Text(
        f"Found with 80 % probability: a true gain of {least} or more over the most robust "
        f"learner. Smaller ones may be missed; more rows or an audit make them visible.",
        f"相对最稳健的学习器，真实增益不低于 {least} 时，有 80 % 的概率被发现。更小的可能漏过；"
        f"增加数据或人工核对可使其显现。",
    )
    head = tuple(h(language) for h in heads)
    return Section("ruled", title, said, heads=head, rows=tuple(rows), note=note(language))


def _excluded(row: Mapping[str, Any], unit: str, run: str) -> Cell:
    high = estimate(row["over_robust"])
    return Cell(f"{number(max(high.high, 0.0))}" if high else "–", unit if unit == "%" else "", run, "n")


def judged(runs: Runs, language: Language) -> Section | None:
    """How the trials were judged, as a list of facts; None before any trial."""
    run = runs.run("resonate")
    if not run:
        return None
    title = Text("How it was judged", "如何评判")(language)
    lead = Text(
        "Split, candidates, learners, seed and budget were sealed before the first trial; the plan is in the run.",
        "划分、候选、学习器、种子与预算均在首次试验之前封存；计划见该次运行。",
    )
    facts = [f for f in _facts(runs.by_verb["resonate"]) if f[1].en]
    rows = tuple((Cell(word(language)), Cell(said(language), run=run)) for word, said in facts)
    return Section("judged", title, lead(language), rows=rows)


def _facts(facts: Mapping[str, Any]) -> list[tuple[Text, Text]]:
    result, plan = facts["result"], facts["plan"]
    return [
        (Text("version", "版本"), Text(str(facts["dataset"]), str(facts["dataset"]))),
        (Text("account of this version", "该版本的评判账户"), _account(result.get("account"))),
        (Text("split", "划分"), _split(result)),
        (Text("judge", "评判者"), _judge(result)),
        (Text("measure", "指标"), Text(named(result["metric"], "en"), named(result["metric"], "zh"))),
        (Text("learners", "学习器"), _learners(result)),
        (Text("rows", "行数"), _rows(result)),
        (Text("budget", "预算"), _budget(plan)),
        (Text("seed", "随机种子"), Text(str(plan["seed"]), str(plan["seed"]))),
    ]


def _account(account: Mapping[str, Any] | None) -> Text:
    """The k-th run, what it may spend and why."""
    if not account:
        return Text("", "")
    k, share, spent, total = (account[x] for x in ("number", "share", "spent", "total"))
    nth = f"{k}{'th' if 10 < k % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(k % 10, 'th')}"
    return Text(
        f"{nth} run of trials on this version. It may be fooled by luck with a chance of {100 * share:.2g} %; with it "
        f"{100 * spent:.2g} of {100 * total:.2g} % are spent. Each run on the same rows is a further chance to be "
        f"fooled, so each gets less, and runs that were broken off count.",
        f"该版本上的第 {k} 次试验。本次被偶然误导的概率至多 {100 * share:.2g} %；累计已用去 {100 * total:.2g} % 中的 "
        f"{100 * spent:.2g} %。在同样的行上每试一次就多一次被误导的机会，因此份额逐次减少；中止的运行也计入。",
    )


def _split(result: Mapping[str, Any]) -> Text:
    split, size = result["split"], result.get("plan", {}).get("size", {})
    kind = KINDS.get(split["kind"], Text(split["kind"], split["kind"]))
    screened = min(int(size.get("screened", 0)), max(int(split["folds"]) - 1, 1))
    left = int(split["folds"]) - screened
    return Text(
        f"{kind.en}; {split['folds']} folds: {screened} chose, {left} untouched ones confirmed.",
        f"{kind.zh}；共 {split['folds']} 折：{screened} 折用于挑选，其余 {left} 折用于确认。",
    )


def _judge(result: Mapping[str, Any]) -> Text:
    judge = result["judge"]
    how = ESTIMATORS.get(judge.get("estimator", ""), Text("", ""))
    return Text(
        f"{judge['rows']:,} rows, doubted by another family of models (smooth functions) than the one that proposes "
        f"(trees and others). {_sentence(how.en)}",
        f"{judge['rows']:,} 行；由与提出修复者（树等）不同的模型族（光滑函数）评估可疑程度。"
        f"{how.zh}{'。' if how.zh else ''}",
    )


def _learners(result: Mapping[str, Any]) -> Text:
    robust = result["learners"].get("robust", "")
    scores = result["learners"].get("scores") or {}
    named_ = {k: LEARNERS.get(k, Text(k, k)) for k in scores}
    if not scores:
        return Text("", "")
    en = "; ".join(f"{named_[k].en} {number(v)}" for k, v in scores.items())
    zh = "；".join(f"{named_[k].zh} {number(v)}" for k, v in scores.items())
    best = LEARNERS.get(robust, Text(robust, robust))
    return Text(
        f"{en} on untouched data, screening folds; repairs are compared with {best.en}",
        f"原始数据、初筛折上：{zh}；修复与{best.zh}比较",
    )


def _rows(result: Mapping[str, Any]) -> Text:
    used = result["rows_used"]
    return Text(
        f"{used['tried']:,} tried of {used['stored']:,} stored",
        f"共 {used['stored']:,} 行，试验用 {used['tried']:,} 行",
    )


def _budget(plan: Mapping[str, Any]) -> Text:
    asked = plan["settings"].get("asked", {}).get("budget")
    most = plan["budget"]
    if asked is None:
        return Text("", "")
    return Text(
        f"{asked:,.0f} s were asked for; the plan holds at most {most['trainings']:,} trainings, "
        f"thought to take {most['seconds']:,.0f} s",
        f"要求 {asked:,.0f} 秒；计划至多 {most['trainings']:,} 次训练，估计 {most['seconds']:,.0f} 秒",
    )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if not words or words.endswith('.') else '.'}"
