"""The one sentence that a reader with ten seconds takes away."""

from collections.abc import Mapping
from typing import Any

from diapason.services.page.content import Runs, estimate, said
from diapason.vocabulary.language import Language, Text

__all__ = ["verdict"]


def verdict(runs: Runs, language: Language) -> tuple[str, str]:
    """The verdict and the sentence below it, from the furthest step that has run."""
    resonated, learnt = runs.result("resonate"), runs.result("learn")
    if resonated:
        spoken = resonated.get("verdict")
        words = spoken.get(language, "") if isinstance(spoken, Mapping) else str(spoken or "")
        return words or _adopted(resonated)(language), _below(runs, resonated, language)
    if learnt:
        return _honest(learnt)(language), _next(runs, "resonate")(language)
    if runs.run("assess"):
        count = len(runs.result("assess").get("findings", ()))
        text = Text(
            f"{runs.dataset} has {count} findings; no model yet.", f"{runs.dataset} 有 {count} 项发现，尚无模型。"
        )
        return text(language), _next(runs, "learn")(language)
    text = Text(f"{runs.dataset} is stored and not yet looked at.", f"{runs.dataset} 已入库，尚未检查。")
    return text(language), _next(runs, "assess")(language)


def _below(runs: Runs, resonated: Mapping[str, Any], language: Language) -> str:
    """What was ruled out, what is reachable, how good the model is; the space after a full stop is English."""
    parts = [] if resonated.get("adopted") else [resonated.get("ruled_out", {}).get(language, "")]
    if runs.result("feasible").get("wish"):
        parts.append(runs.result("feasible")["verdict"][language])
    learnt, on = runs.result("learn"), str(runs.by_verb.get("learn", {}).get("dataset", ""))
    moved = on != str(runs.by_verb["resonate"]["dataset"])
    parts.append(_honest(learnt, on if moved else "")(language))
    return (" " if language == "en" else "").join(p for p in parts if p)


def _adopted(result: Mapping[str, Any]) -> Text:
    count = len(result.get("adopted", ()))
    if not count:
        return Text(
            "Nothing was adopted: no repair beat doing nothing, placebo and a better learner.",
            "未采纳任何修复：没有一项同时胜过不处理、安慰剂和更好的学习器。",
        )
    return Text(
        f"{count} repairs hold up against nothing, placebo and a better learner.", f"{count} 项修复经受住了三方比较。"
    )


def _honest(result: Mapping[str, Any], of: str = "") -> Text:
    """How good the model is; `of` names the version where it is another one than that of the trials."""
    card = result.get("honest")
    if not card:
        return Text("", "")
    score, random = estimate(card["score"]), estimate((result.get("random") or {}).get("score"))
    name = card["metric"]["name"]
    en, zh = (
        f"On an honest split{' of ' + of if of else ''}, {name} is",
        f"{of + ' 的' if of else ''}诚实划分下，{name} 为",
    )
    en, zh = f"{en} {said(score)}", f"{zh} {said(score)}"
    if random:
        return Text(
            f"{en}; a random split would have claimed {said(random)}.", f"{zh}；随机划分会声称 {said(random)}。"
        )
    return Text(en + ".", zh + "。")


def _next(runs: Runs, verb: str) -> Text:
    return Text(f"Next: diapason {verb} {runs.dataset}", f"下一步：diapason {verb} {runs.dataset}")
