"""Question in, plan out: by words and names that are known; what is left over is asked back, never ignored."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from diapason.engines.grounding import wording
from diapason.engines.grounding.guarding import changed, unknown
from diapason.engines.grounding.hearing import VETO, Heard, allowed, clear, free, label_of, plan_of, shares, sure
from diapason.engines.grounding.likeness import Judged, Learnt, family, pieces
from diapason.engines.grounding.moments import Found
from diapason.engines.grounding.naming import Hearing
from diapason.engines.grounding.plans import Held, Known, Plan, Table
from diapason.vocabulary.language import Text

__all__ = ["LONGEST", "heard", "planned"]

LONGEST = 400
"""Characters of a question."""

_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?|\d+(?:\.\d+)?|[\u3400-\u9fff]+")
_TAGLIKE = re.compile(r"(?<![\w-])[A-Z]{1,5}-?\d{2,5}(?:\.[A-Z]{2})?(?![\w-])")


def planned(question: str, known: Known, learnt: Learnt | None = None) -> Plan | Held:
    """One plan, or why there is none; the same question and names always give the same.

    Names of tags, datasets and the like are only compared: nothing that stands in data can choose a tool.

    >>> table = Table("history", 1, {"TI-101": "Cel"})
    >>> planned("What was the highest TI-101?", Known((table,))).statistic
    'max'
    """
    text = _text(question)
    if not text or len(text) > LONGEST:
        return Held(
            True, Text(f"ask one question in 1 to {LONGEST} characters", f"请提一个问题，1 到 {LONGEST} 个字符")
        )
    refused = _outside(text)
    return refused if refused is not None else _taken(text, known).plan(learnt)


def heard(question: str, known: Known) -> Heard:
    """What a question holds and its wording, as `planned` sees them; to learn from known wordings."""
    said = _taken(_text(question), known)
    return said.hear(said.placed_in())


def _text(question: str) -> str:
    return unicodedata.normalize("NFKC", question).replace("“", '"').replace("”", '"').strip()


def _taken(text: str, known: Known) -> "_Said":
    said = _Said(text, known)
    said.names()
    said.spelt()
    return said


def _outside(text: str) -> Held | None:
    """Questions that no reading can answer, and orders, which are no questions."""
    for pattern, en, zh in (
        (wording.COMMANDS, "that is an order: asking moves nothing", "这是指令：问答不执行任何动作"),
        (
            wording.FUTURE,
            "that is about the future: only what was recorded is told",
            "涉及未来：此处只回答已记录的内容",
        ),
        (wording.WHY, "causes and advice do not follow from readings alone", "仅凭读数不能得出原因或建议"),
        (wording.OUTSIDE, "nothing is recorded about that", "没有这方面的记录"),
    ):
        if re.search(pattern, text, re.IGNORECASE):
            return Held(False, Text(en, zh))
    return None


class _Said(Hearing):
    """A question with its names taken out, on the way to its plan."""

    __slots__ = ()

    def plan(self, learnt: Learnt | None) -> Plan | Held:
        """The tool by its words, then its slots; each slot that is open is asked for."""
        odd = [w for w in _TAGLIKE.findall(self.rest) if w not in self.known.assets]
        if odd:
            return Held(False, Text(f"nothing recorded is called '{odd[0]}'", f"没有名为“{odd[0]}”的记录"))
        if self.vague:
            return Held(True, Text("which of these is meant?", "指的是哪一个？"), self.vague[:12])
        tables = self.placed_in()
        heard = self.hear(tables)
        if odd_time := heard.time.odd:
            return Held(True, Text(f"'{odd_time}' is no time that can be told", f"“{odd_time}”不是可确定的时间"))
        fresh = replace(self)
        made, left = self._ruled(tables, heard)
        if learnt is not None:
            return fresh._likened(tables, heard, learnt, made, left)
        return _not_understood(left) if isinstance(made, Plan) and left else made

    def _ruled(self, tables: list[Table], heard: Heard) -> tuple[Plan | Held, str]:
        """What the lists of words make of it, and what they leave over."""
        made = self._tool(list(heard.statistic), list(heard.kinds), heard.time, heard.beyond)
        if isinstance(made, Held):
            return made, ""
        placed = self._placed(made, tables, heard.time)
        return placed, self._left()

    def _likened(self, tables: list[Table], heard: Heard, learnt: Learnt, made: Plan | Held, left: str) -> Plan | Held:
        """The rules where they understood everything; else the known wording it is most like, where that is clear."""
        held = _not_understood(left) if isinstance(made, Plan) and left else made
        judged = learnt.judged(heard.rest, heard.signs, allowed(heard))
        if judged is None:
            odd = isinstance(held, Plan) and held.tool in _TAGGED and changed(heard.rest, label_of(held))
            return _not_understood(str(odd)) if odd else held
        if isinstance(held, Plan):
            return _not_understood(heard.rest.strip()) if _doubtful(heard, judged, learnt) else held
        ruled = label_of(made) if isinstance(made, Plan) else ""
        if not clear(judged, ruled) or changed(heard.rest, judged.label):
            return held
        agreed = judged.label == ruled
        words = learnt.words(heard.rest, family(judged.label) if agreed else judged.label)
        if unknown(
            heard.rest,
            words | shares(judged.label),
            spare=int(agreed),
            sure=(agreed or not free(judged.label)) and sure(judged),
            free=free(judged.label),
        ):
            return held
        name = (self.agents or self.states or ("",))[0]
        time = heard.pair if judged.label == "change" else heard.time
        placed = self._placed(plan_of(judged.label, heard, name), tables, time)
        return placed if isinstance(placed, Held) else replace(placed, like=judged.like, aside=left)

    def _tool(
        self, statistic: list[str], kinds: list[str], time: Found, beyond: tuple[bool, float] | None
    ) -> Plan | Held:
        """The tool; what is registered first, then states, then readings."""
        if self.agents or {"agents_of", "agents_moving"} & set(kinds):
            return self._agent(kinds)
        if self.models and not self.tags and set(kinds) & _MODEL:
            return self._model(kinds)
        if {"states", "begins"} & set(kinds) or self.states:
            begins = bool({"begins", "when", "span"} & set(kinds))
            return Plan("begins" if begins else "states", name=self.states[0] if self.states else "")
        if beyond is not None:
            self.rest = re.sub(wording.COUNTED, " ", self.rest, flags=re.IGNORECASE)
            kept = [s for s in statistic if s != "count"]
            return _two(kept) if kept else Plan("beyond", bound=beyond[1], above=beyond[0])
        if "change" in kinds:
            kept = [s for s in statistic if s != "mean"]
            if kept == ["range"] or (set(kept) == wording.APART and not time.at and len(time.windows) < 2):
                return Plan("statistic", statistic="range")
            return _two(kept) if kept else Plan("change", statistic="mean")
        return self._reading(statistic, kinds, time)

    def _reading(self, statistic: list[str], kinds: list[str], time: Found) -> Plan | Held:
        """One statistic, one fact of a dataset, or one value at a time."""
        if "missing" in statistic:
            self.rest = re.sub(wording.COUNTED, " ", self.rest, flags=re.IGNORECASE)
            statistic = [s for s in statistic if s != "count"]
        if len(statistic) > 1:
            return _two(statistic)
        if statistic:
            tool = "when" if "when" in kinds and statistic[0] in ("max", "min") else "statistic"
            return Plan(tool, statistic=statistic[0])
        other = [k for k in ("unit", "rows", "tags", "span") if k in kinds]
        if other:
            return Plan(other[0])
        return Plan("value_at", at=time.at) if time.at is not None and self.tags else self._nothing()

    def _nothing(self) -> Held:
        if self.tags:
            return Held(
                True,
                Text(
                    "what of it: mean, max, min, its value at a time?", "要哪一项：平均、最大、最小，还是某时刻的值？"
                ),
                self.tags,
            )
        return Held(False, Text("that is no question about what is recorded here", "这不是关于本处记录的问题"))

    def _agent(self, kinds: list[str]) -> Plan | Held:
        if "agents_moving" in kinds:
            return Plan("agents_moving", tag=self.tags[0]) if self.tags else _which("tag", "位号")
        if "agents_of" in kinds and not self.agents:
            return Plan("agents_of", name=self.assets[0]) if self.assets else Plan("agents_of")
        tools = [k for k in kinds if k.startswith("agent_")]
        if len(self.agents) != 1 or len(tools) != 1:
            return Held(
                True,
                Text(
                    "what of which agent: owner, rights, grade, last day, model?",
                    "问哪个智能体的哪一项：责任人、权限、等级、有效期、模型？",
                ),
                self.agents,
            )
        return Plan(tools[0], name=self.agents[0])

    def _model(self, kinds: list[str]) -> Plan | Held:
        tools = [k for k in kinds if k in _MODEL]
        if len(self.models) != 1 or len(tools) != 1:
            return Held(
                True,
                Text(
                    "what of which model: score, task, data, standing?", "问哪个模型的哪一项：得分、任务、数据、状态？"
                ),
                self.models,
            )
        self.tables = ()
        return Plan(tools[0], name=self.models[0])

    def _placed(self, plan: Plan, tables: list[Table], time: Found) -> Plan | Held:
        """The plan with dataset, tag, asset and window."""
        if plan.tool in _NO_TABLE:
            return plan if not (time.windows or time.at) else _time_says_nothing()
        if plan.tool in ("states", "begins"):
            tables = [t for t in tables if t.states]
        if len(self.tags) > 1:
            return Held(True, Text("one tag at a time", "一次问一个位号"), self.tags)
        if plan.tool in _TAGGED and not self.tags:
            return _which("tag", "位号")
        if not tables:
            return Held(False, Text("no dataset has that", "没有数据集包含该内容"))
        if len(tables) > 1:
            return Held(True, Text("in which dataset?", "在哪个数据集中？"), tuple(t.name for t in tables)[:12])
        table = tables[0]
        if self.tags and self.tags[0] not in table.tags:
            return Held(False, Text(f"{table.name} has no '{self.tags[0]}'", f"{table.name} 中没有“{self.tags[0]}”"))
        plan = replace(plan, dataset=f"{table.name}@{table.version}", tag=self.tags[0] if self.tags else "")
        if plan.tool in ("rows", "tags", "span", "unit"):
            return plan if not (time.windows or time.at) else _time_says_nothing()
        return self._windowed(self._of_asset(plan, table), table, time)

    def _of_asset(self, plan: Plan, table: Table) -> Plan | Held:
        if not table.asset:
            return plan
        pattern = re.compile(
            rf"\b(?:{re.escape(table.asset)}|asset|machine|unit|engine|pump|no\.?)\s*#?\s*(?P<i>[\w-]+)|(?:设备|机组|泵|第|编号)\s*(?P<j>[\w-]+?)\s*(?:号|台)?(?![\w-])",
            re.IGNORECASE | re.ASCII,
        )
        for match in pattern.finditer(self.rest):
            asked = match["i"] or match["j"]
            if asked in table.assets:
                self.rest = self.rest[: match.start()] + " " + self.rest[match.end() :]
                return replace(plan, asset=asked)
        named = self.cut(a for a in table.assets if not a.isdecimal())
        if len(named) == 1:
            return replace(plan, asset=named[0])
        everyone, n = re.subn(wording.ALL, " ", self.rest, flags=re.IGNORECASE)
        if n and not named:
            self.rest = everyone
            return plan
        if any((m["i"] or m["j"] or "").isdecimal() for m in pattern.finditer(self.rest)):
            return Held(False, Text("no asset of that number is recorded", "没有该编号设备的记录"))
        return Held(True, Text("which asset, or all of them?", "哪台设备，还是全部？"), (named or table.assets)[:12])

    def _windowed(self, plan: Plan | Held, table: Table, time: Found) -> Plan | Held:
        if isinstance(plan, Held):
            return plan
        wanted = 2 if plan.tool == "change" else 1
        if plan.tool == "value_at" or (time.at is not None and plan.tool == "statistic"):
            return _inside(replace(plan, at=time.at), table) if plan.tool == "value_at" else _time_says_nothing()
        if (time.windows or time.at) and not table.time:
            return Held(False, Text(f"{table.name} has no times", f"{table.name} 没有时间列"))
        if wanted == 2 and len(time.windows) != 2:
            return Held(True, Text("between which two days?", "比较哪两天？"))
        if time.at is not None or len(time.windows) > wanted:
            return Held(True, Text("one window at a time", "一次问一个时段"))
        self.rest = re.sub(wording.ALL, " ", self.rest, flags=re.IGNORECASE)
        ordered = tuple(sorted(time.windows, key=lambda w: w.start))
        return _inside(replace(plan, windows=ordered, whole=not ordered), table)

    def _left(self) -> str:
        """Words that were not understood."""
        rest = re.sub(
            wording.EMPTY_ZH,
            " ",
            re.sub(r"(?<![\w])(?:Cel|degC|°C|℃|bar|kPa|MPa|t/h|kg|mm/s|kW|%|A)(?![\w])", " ", self.rest),
        )
        words = [w for w in _WORD.findall(rest) if w.lower() not in wording.EMPTY]
        return ", ".join(dict.fromkeys(words))[:80]


_MODEL = {"model_score", "model_task", "model_data", "model_standing"}
_NO_TABLE = {
    *_MODEL,
    *("agent_owner", "agent_until", "agent_rights", "agent_grade", "agent_model", "agents_of", "agents_moving"),
}
_TAGGED = {"statistic", "value_at", "when", "beyond", "change", "unit"}


def _doubtful(heard: Heard, judged: Judged, learnt: Learnt) -> bool:
    """Whether a question that the lists understood is none: a word changes it, or it is like those that are none.

    Words by which people ask for just that are not held against it.
    """
    if changed(heard.rest, judged.label):
        return True
    asked = learnt.words(heard.rest, judged.label)
    return judged.doubt - judged.score > VETO and not pieces(heard.rest) <= asked


def _two(found: Sequence[str]) -> Held:
    return Held(True, Text("one thing at a time", "一次问一项"), tuple(found))


def _not_understood(left: str) -> Held:
    return Held(True, Text(f"this was not understood: {left}", f"没有理解：{left}"))


def _which(en: str, zh: str) -> Held:
    return Held(True, Text(f"which {en}?", f"哪个{zh}？"))


def _time_says_nothing() -> Held:
    return Held(True, Text("what does the time mean there?", "其中的时间指什么？"))


def _inside(plan: Plan, table: Table) -> Plan | Held:
    """A window wholly outside the record can't be answered."""
    if table.start is None or table.end is None:
        return plan
    spans = [(w.start, w.end) for w in plan.windows] + ([(plan.at, plan.at)] if plan.at else [])
    for first, last in spans:
        if first > table.end or last < table.start:
            a, b = table.start.isoformat()[:16], table.end.isoformat()[:16]
            return Held(
                False,
                Text(
                    f"nothing was recorded then: the record goes from {a} to {b}", f"该时段没有记录：记录自 {a} 至 {b}"
                ),
            )
    return plan
