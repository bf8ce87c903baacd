"""Words that change what is asked: a condition, another time, a denial, another reckoning, an opinion, an order.

A word that nobody knows may be an aside; one of these never is. It holds a question back.
"""

import re
from collections.abc import Collection, Sequence

from diapason.engines.grounding import wording
from diapason.engines.grounding.asides import SLOT
from diapason.engines.grounding.framing import DRESS, DRESS_ZH, undressed
from diapason.engines.grounding.spelling import asks, slipped

__all__ = ["POLITE", "changed", "unknown"]

POLITE = (
    r"\bif (?:you (?:don't|do not|would|could|can|will|please|wouldn't)(?: mind)?|possible|i may|one \w+)\b"
    r"|\bwould(?:n't)? (?:you|it) (?:mind|be)\b|\bwill you\b|\bsee if\b|\bif you (?:have|get) (?:a|the) \w+"
    r"|^\W*(?:good |hi |hello )?(?:morning|afternoon|evening)(?: (?:all|team|everyone|everybody|there|folks|sir|both))?\s*[,.:!-]|\bor not\b|\bgood (?:morning|afternoon|evening|day)\b|早上好|上午好|下午好|晚上好"
)
"""Manners, which sound like conditions and are none."""

_EN = {
    "whether": r"^\W*(?:is|was|are|were) (?:the|that|this)\b|^\W*(?:does|do|is|was|are|were)\b.*\b(?:look|seem|right|wrong|true|within|outside)\b|\bdo your\b",
    "future": r"\bwill\b",
    "time": r"\b(?:today|yesterday|the other day|some time|tonight|mornings?|afternoons?|evenings?|nights?|nightly|noon|midnight|lunch(?:time)?"
    r"|weekends?|weeks?|months?|years?|crews?|hourly|weekly|monthly|yearly|recently|lately|ago|earlier|nowadays"
    r"|(?:last|previous|next|this|night|day|early|late|by|per|each|second|first) shifts?|first half|second half|(?:half|quarter) of)\b",
    "condition": r"\b(?:while|whilst|unless|except(?:ing)?|exclud(?:e|es|ed|ing)|excl|without|ignor(?:e|ing)|disregard(?:ing)?"
    r"|provided|if|since (?!when)|whenever|after|before|apart from|other than|besides|only(?!\s*(?:[:,]|$))|solely|leav(?:e|ing) out|omit(?:s|ted|ting)?|upon|despite|assuming|whether or not"
    r"|remov(?:ed|ing)|filter(?:ed|ing)?|discard(?:ed|ing)?|clean(?:ed)?|corrected|outliers?|spikes?|start-?up|shut-?down|restart"
    r"|steady[- ]state|bad values|steady|full load|at rest|running at|(?:was|were|is|are) (?:off|on|open|closed|running|down)\s*(?:[,.?]|$)"
    r"|with the \w+|when(?:ever)? (?:the|we|our|there) [a-z]+ (?:was|were|is|are|had|ran|run))\b",
    "reckoning": r"\b(?:rolling|moving|smooth(?:ed|ing)?|weighted|geometric|harmonic|trimmed|quantiles?|quartiles?|ratio|trends?|trending|slope"
    r"|integral|integrated|sum|summed|cumulative|derivative|rate of|correlat\w+|second|third|nth|convert\w*|fahrenheit|kelvin|psi"
    r"|per (?:tonne|ton|hour|minute|shift|batch|week|month|unit|piece)|plot|chart|draw|graph|histogram|(?:max(?:imum)?|largest|biggest|greatest|fastest|steepest) (?:rise|drop|decline|fall|increase|decrease|jump|step|gain|loss|rate)|in a row|longest|shortest|consecutive(?:ly)?|how many (?:minutes|hours|seconds|days)|autocorrelation|variance"
    r"|how long (?:was|were|did|has|have)|for how long (?:was|were|did)|duration|(?<!50)(?:st|nd|rd|th) percentile|square)\b",
    "opinion": r"\b(?:good|bad|ok|okay|fine|safe|safely|danger\w*|risk\w*|trust\w*|happ(?:y|ier)|worr\w+|acceptable|enough|too|expensive"
    r"|cheap|reliab\w+|health\w*|plausible|suspicious|strange|odd|weird|critical|dramatic|do you (?:like|think|feel)|opinion|thoughts?|think"
    r"|look like|how did it look|target|norms?|spec(?:s|ification)?|setpoint deviation|works? well|performing|above average|below average|off its|allowable|permissible|permitted (?:max|min)\w*|design|rated|budget|plan(?:ned)?)\b",
    "order": r"\bmake me\b|\bgive\s+(?:more|less|it|them)\b|(?:^|\b(?:please|kindly|just|to|and|could you|can you|would you|somebody|someone|now|you|i|we)\s)\s*(?:correct|fix|fill|replace|adjust|tune|modify"
    r"|edit|hide|mask|suppress|remove|delete|erase|rename|mail|email|approve|reject|order|buy|install|repair|switch|turn|extend|grant|nudge|lower|raise|bring"
    r"|increase|decrease|reduce|shut|close|reset|calibrate|block|allow|stop|start|drop|fire|sort out|interpolate|impute)\b",
    "cause": r"\b(?:how come|what (?:made|makes|led|drove|drives|lets)|how (?:can|could|should|would|to|do (?:i|we|you))|due to|because|explain|blame|responsible for the"
    r"|likely|expect(?:ed|s)?|estimat\w+|foresee|heading|would (?:have|be)\b(?! (?:helpful|nice|great|good|grateful|useful|appreciated))|suggest\w*)\b",
}  # fmt: skip
_ZH = {
    "whether": r"对不对|^(?!.*(?:能|可以|可否|知道|麻烦|请)).*吗\W*$",
    "time": r"昨|今天|今日|今早|今晚|今年|明[天日早晚年]|后天|前天|[上下本这]周|[上下本]个?月|周末|周[一二三四五六日天]|星期|上午|下午|白天|日间|[半深]?夜|中午|午[饭休]|凌晨|清晨|傍晚"
    r"|[早晚白夜中甲乙丙丁]班|班次|[上下这本][一个]*班|前半|后半|近来|近期|最近|刚才|往后|以后",
    "condition": r"(?<!最)后(?![来面])|(?<![目当眼])前(?!面)|之前|以前|之后|以来|[停开启动运]\S{0,3}期间|点火|阶段|[剔排]除|除[外了去]|除\S{1,6}外|外的|不算|不含|不包括|不计|去掉|去除|扣除|过滤|刨[去除]|仅|只[算取要]|只看(?!\s*\S*\s*[:：,，])|别[算计]|如果|要是|假如|倘若|的时候(?!.{0,2}(?:有?多|是))"
    r"|(?:运行|开着|停着|停机|停车|启动|负荷|关着|工作|生产|着|低|高|泵停|开车)时(?!间|刻|候|有)|[停开]的时候|稳态|满负荷|重启|离群|异常值|坏值|尖峰|检修|第[二三四五]批|批次",
    "reckoning": r"滑动|移动平均|平滑|加权|几何(?=平?均)|调和|(?<!五十)分位|换算|折[算合]|华氏|开尔文|psi|每(?:小?时|分|吨|班|周|月|批|台)|之比|比值|比例|百分比|占比|趋势|走势|斜率|[降涨升跌增减][幅速]|速率|最[快慢]|(?:上升|下降|升|降)最|积分|累[计积]|求和|总和|之和"
    r"|最[长久]|多久|第[二三四]高|第[二三四]低|次高(?![过于出])|次低(?![过于])|持续|多长时间|方差(?<!均方差)|相关|画|图|曲线",
    "opinion": r"偏[高低大小离]|太|过[高低大小](?![于过])|正常吗|还好|好吗|好不好|够不够|合理|可信|靠[得谱]|危险|安全|放心|风险|贵|目标|达标|合格(?!等级)|标准(?!差|偏差)|觉得|认为|看法|怎么看|影响|哪个好|规定|限值|咋样|怎么样|比平均(?!值?[相]?差)|没问题|稳不稳",
    "denial": r"没有?(?:超|高|低|大|小)|未(?:超|达|低|高)|不(?:超|高于|低于|大于|小于|是)",
    "order": r"提高|降低(?![到至的])|增加|减少|扩大|取消|撤销|收回|关掉|切换|复位|让我|[修续]|延长|允许的|设计|额定|最[高大低小]允许|许用|才对|该归|该(?:控制|设|定|调|是|在)|给\S*\s*(?:多|再)?(?:加|减|换|调|改)|(?:帮|请|麻烦|劳驾|能不能|可以)?(?:把|将|给).{0,12}(?:设|调|改|写|关|删|补|处理|修|延期|加|停)|(?:调|降|升|提)(?:低|高|到|至)(?=.{0,3}$)|删|填补|补上|补齐|插值|发邮件|批准|停用|启用|校准|检定|处理|修复|怎么修|更换|改名|推荐|建议",
    "future": r"会(?:超|高于|低于|跌|升|涨|降)",
    "cause": r"为啥|为什么|怎么(?:突然|会|办|让|才|样)|怎样才|如何(?:降|提|减|让|才|避)|原因|怪谁|导致|引起|造成|是不是|会不会|还会|将会|估[计一]|大概会|可能|预[计测期]",
}  # fmt: skip
_DENIAL = r"\b(?:not|never|neither|nor|cannot|nothing|\w+n't)\b"
_TIMES = r"\bhow (?:often|many times)\b|多少次|几次|几回|多少回"
_PASSED = r"\b(?:above|below|exceed\w*|beneath)\s(?=[a-z])"
"""A bound in words."""
_COUNTED = ("statistic/count", "statistic/missing", "beyond/above", "beyond/below")
"""What can be asked by the number of times."""
_LATIN = re.compile(r"[a-z]{2,}(?:'[a-z]+)?")
_VERBS = (
    r"\b(?:did|does|do|has|have|had)\s{2,}([a-z]+)\b",
    r"\b([a-z]+)\s(?:above|below|over|under|past|beyond)\s{2,}",
)
_WISH = r"[把将能该要吗才不没未别]|可以"
"""With one of these a Chinese word that nobody knows may be something that is to be done."""
_BOUNDING = r"\b(?:for|with|during|when|while|under|by|per|after|before|at|against|without|as|over|beside|like)\s(?:[a-z']+\s){0,2}"
"""A word behind one of these says which readings are meant."""
_BOUNDING_ZH = r".{0,1}(?:时|侧|段|期|后|前|内|外|牌|班|批|级|类|型|号)"
_LISTED = (*wording.STATISTIC, *wording.KINDS)
_THINGS = r"readings?|values?|samples?|points?|records?|measurements?|numbers?|data|hours?|rows?|tags?"
"""A word before one of these says which of them are meant."""
_SIGNED = re.compile(r"[\u3400-\u9fff]|\s{2,}")
_BORNE = 2
"""So many unknown Han signs are borne where the wording is clear without them."""
_ENDINGS = ("s", "es", "d", "ed", "ing", "ies", "ly", "r", "er", "'s")
_LISTS = (*(p for _, p in (*wording.STATISTIC, *wording.KINDS, *wording.SUFFIX)), wording.EMPTY_ZH, DRESS_ZH, POLITE)
_EXEMPT = {
    "states": {"opinion", "whether"},
    "agent_grade": {"whether"},
    "agent_owner": {"cause"},
    "agent_rights": {"whether", "condition"},
    "statistic/missing": {"denial"},
    "agent_until": {"future", "reckoning", "whether", "condition"},
    "begins": {"order"},
    "span": {"order", "reckoning"},
}

_SPARED = {"beyond": r"比例|百分比|占比", "value_at": r"的时候"}
"""Words that change nothing there: passes are told with how many readings there were."""


def changed(rest: str, label: str) -> str:
    """The word that changes what is asked, empty where there is none.

    Args:
        rest: a question without names, times and bounds.
        label: what it seems to ask: states may be normal, missing readings were not read.

    >>> changed("average of  without outliers", "statistic/mean")
    'without'
    """
    said = re.sub(POLITE, " ", rest, flags=re.IGNORECASE)
    if label not in _COUNTED and (match := re.search(_TIMES, said, re.IGNORECASE)) is not None:
        return str(match.group())
    if not label.startswith("beyond") and (match := re.search(_PASSED, said, re.IGNORECASE)) is not None:
        return str(match.group()).strip()
    said = re.sub(wording.DENIED, " ", said, flags=re.IGNORECASE)
    said = re.sub(_SPARED.get(label.partition("/")[0], r"(?!)"), " ", said, flags=re.IGNORECASE)
    exempt = _EXEMPT.get(label, set())
    for kind, pattern in (*_EN.items(), ("denial", _DENIAL), *_ZH.items()):
        if kind not in exempt and (match := re.search(pattern, said, re.IGNORECASE)) is not None:
            return str(match.group()).strip()
    return ""


def unknown(rest: str, words: Collection[str], *, spare: int = 0, sure: bool = False, free: bool = False) -> str:
    """The first word, or the Han signs, by which nobody is known to ask; empty where there are none.

    A word one slip or one ending away from a known one is known, and the verb behind "did" and a name, or before a bound, bounds nothing.
    A Han sign is known by the pair it stands in.

    Args:
        rest: a question without names, times and bounds.
        words: words, and pairs of Han signs, of known wordings.
        spare: so many unknown Han signs are borne.
        sure: the wording is clear without it: one unknown word is borne where it stands and bounds nothing.
        free: what is asked about has no readings that a word could bound; then two words, or four signs, are borne.

    >>> unknown("kindly tell the averages of the blue grade", {"kindly", "average"})
    'blue'
    """
    said = undressed(re.sub(POLITE, " ", rest, flags=re.IGNORECASE))
    verbs = {verb for pattern in _VERBS for verb in re.findall(pattern, said.lower())}
    latin: list[str] = _LATIN.findall(said.lower())
    odd = [w for w in latin if not (w in words or w in DRESS or w in verbs or asks(w) or _near(w, words))]
    borne = len(set(odd)) <= 1 + free and all(_idle(w, said.lower(), free=free) for w in odd)
    if odd and not (sure and borne):
        return odd[0]
    left = _uncovered(said, words)
    if re.search(_WISH, said):
        spare = 0
    elif sure and _idle_signs(said, left):
        spare = _BORNE * (1 + free)
    return "".join(said[i] for i in left) if len(left) > spare else ""


def _idle(word: str, said: str, *, free: bool) -> bool:
    """Whether a word neither closes the question, nor stands behind a preposition, a name, or before a statistic."""
    before, after = re.split(rf"\b{word}\b", said, maxsplit=1)
    if not _LATIN.search(after) or re.match(rf"{SLOT}|\s(?:{_THINGS})\b", after):
        return False
    if not free and re.search(rf"(?:{SLOT}\W*|{_BOUNDING})$", before):
        return False
    return not any(re.match(rf"\W*(?:{p})", after) or re.search(rf"(?:{p})\s$", before) for _, p in _LISTED)


def _idle_signs(said: str, left: Sequence[int]) -> bool:
    """The same of Han signs: followed by more of the question, and not by a time, a side, or a kind."""
    if not left:
        return True
    after = said[left[-1] + 1 :]
    named = any(re.match(rf"[的之]?(?:{p})", after) for _, p in _LISTED) or re.match(r"\s", after)
    return bool(_SIGNED.search(after)) and not named and not re.match(_BOUNDING_ZH, after)


def _uncovered(said: str, words: Collection[str]) -> list[int]:
    """Han signs that stand in no known pair and in no word of the lists."""
    known = {i for i in range(len(said)) for j in (0, 1) if said[max(i - j, 0) : i - j + 2] in words}
    for pattern in _LISTS:
        known |= {i for match in re.finditer(pattern, said, re.IGNORECASE) for i in range(*match.span())}
    return [i for i, c in enumerate(said) if i not in known and "\u3400" <= c <= "\u9fff"]


def _near(word: str, words: Collection[str]) -> bool:
    """One ending, or one slip of the keys, away."""
    stems = {word.removesuffix(e) + new for e in _ENDINGS if word.endswith(e) for new in ("", "e", "y", *_ENDINGS)}
    return bool(stems & set(words)) or (len(word) > 3 and any(slipped(word, w) for w in words if len(w) > 3))
