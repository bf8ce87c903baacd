"""The words by which people ask, English and Chinese; what is in none of these lists was not understood."""

import re

__all__ = [
    "ALL",
    "APART",
    "ASIDE",
    "BEYOND",
    "COMMANDS",
    "COUNTED",
    "DENIED",
    "EMPTY",
    "EMPTY_ZH",
    "FUTURE",
    "KEYWORDS",
    "KINDS",
    "LIMIT",
    "OUTSIDE",
    "PASSED",
    "SPELT",
    "STATISTIC",
    "SUFFIX",
    "WHY",
]

STATISTIC: tuple[tuple[str, str], ...] = (
    ("count", r"\bnot missing\b|\bnon-?missing\b|没有?(?:缺失|丢失)的|[未非]缺失"),
    ("missing", r"\bmissing\b|\babsent\b|\bempty\b|\bgaps?\b|\bholes?\b|\bnulls?\b|\bblanks?\b|\black(?:ing|s)?\b|\blost\b|\bNaNs?\b|\bl(?:ose|osing|oss of)\b|\bdrop(?:ped)? out\b|\bshort of\b|\bfail(?:ed|s)? to (?:arrive|come|record|report|register)\b|\bnever (?:made|arrived|came|got)\b|\bnot (?:been )?(?:recorded|logged|captured|stored|read|there)\b|没有?(?:记|读|采|录|收)(?:上|到|着|下)|(?:少|丢|漏|断|掉|缺)了?(?:多少|几)(?:个|条|次)?|漏了|丢了|空白|缺失|缺了|缺少|缺数|空值|空缺|漏采|丢失|没有读数"),
    ("std", r"\bstandard deviations?\b|\bstd(?:ev)?\b|\bs\.?d\b\.?|\bst\.? ?dev\b|\bscatter(?:ed)?\b|\bspread\b|\bsigma\b|\bdispersion\b|标准差|标准偏差|离散程度|均方差"),
    ("median", r"\bmedian\b|\bmiddle value\b|\b50th percentile\b|第?(?:50|五十)个?(?:百分位|分位)[数点值]?|中位数|中位值|中值"),
    ("range", r"\bpeak[- ]to[- ]peak\b|(?<!time )(?<!date )\brange\b|\bswings?\b|\bvar(?:y|ied|iation)\b|\bfluctuat(?:e|ed|ion)\b|\bmax(?:imum)? minus min(?:imum)?\b|\bhigh[- ](?:to[- ])?low\b|极差|峰-?峰值?|波动范围|变化范围|变动范围|波动幅度|变化幅度|波动|起伏|峰谷差|最大与最小之差"),
    ("mean", r"\bmean\b|\baverag(?:e|ed|ing)\b|\bavg\b|\btypical(?:ly)?\b|\bon the whole\b|平均数?值?|平均水平|均值|日均"),
    ("max", r"\bmax(?:imum|imal|ima)?\b|\bhighest\b|\bpeak(?:ed|s)?\b|\blargest\b|\bgreatest\b|\bbiggest\b|\btop(?:ped)?(?: out)?\b|\bhigh point\b|\bhow (?:high|far up)\b|\b(?:its|record) high\b|\bupper (?:extreme|end)\b|\bmost\b(?! recent)|最高点|最高值?|最大值?|峰值|顶峰|高点|上限值|极大值|多高"),
    ("min", r"\bmin(?:imum|imal|ima)?\b|\blowest\b|\bsmallest\b|\bleast\b|\bbottom(?:ed)?(?: out)?\b|\blow point\b|\bhow (?:low|far down)\b|\b(?:its|record) low\b|\blower (?:extreme|end)\b|\btrough\b|最低点|最低值?|最小值?|谷值|谷底|低点|极小值|多低"),
    ("first", r"\bfirst (?:reading|value)\b|\bat the (?:start|beginning)\b|\binitial\b|\bopening (?:reading|value)\b|第一(?:个|条)(?:读数|值|数据)|首(?:个|条)(?:读数|值)|最初的?(?:读数|值)?|起始值"),
    ("last", r"\b(?:latest|last|newest|most recent|final) (?:reading|value|one)\b|\blatest\b|\bmost recent\b|\bnow\b|\bcurrent(?:ly)?\b|\bclosing (?:reading|value)\b|\bend(?:ed)? up\b(?! in\b)|\blast\b(?! (?:\d|day|night|week|month|shift|hour|minute))|\bat the end(?: of the day)?\b|结束时|收盘时?|最新的?(?:读数|值)?|最后(?:的|一个|一条|一次)?(?:读数|值|数据)|末次读数|末值|当前|目前|(?<!出)现在"),
    ("count", r"\bcount(?:ing)?\b(?: of)?(?: the)?(?: (?:readings|values|records|samples|points|measurements))?|\bnumber of\s+(?:readings|values|records|samples|points|measurements)\b|\bhow many (?:readings|values|records|samples|points|measurements)\b|\bnumber of (?:readings|values|records|samples|points)\b|\bhow many times was .{0,20}(?:recorded|read|sampled)\b|\bcount of (?:readings|values|records|samples)\b|(?:多少|几)(?:个|条|次)?\s*的?\s*(?:有效)?(?:读数|数据点|数据|记录|采样|测量值)|(?:读数|数据点|采样)(?:个数|数量|条数|次数)|(?:数据点|读数|采样)(?:有)?(?:几|多少)(?:个|条|次)|(?:采样?|测|记|读)了?(?:几|多少)(?:个|条|次|回)"),
)  # fmt: skip
"""Statistic -> how it is asked for; the first that matches is taken out, and no other may be left."""

BEYOND = (
    (True, r"(?:\babove\b|\bover\b|\bexceed(?:s|ed|ing)?\b|\bhigher than\b|\bgreater than\b|\bmore than\b|\blarger than\b|>|\bbeyond\b|\bpast\b|\bin excess of\b|\b(?:big|tall|warm|hott|fast)er than\b|\bupwards? of\b|\btopp(?:ed|ing)\b|\bsurpass(?:ed|es|ing)?\b|超过|高于|大于|超出|高过|多于|突破|越过|高出|冲过)\s*(?P<n>[-+]?\d+(?:\.\d+)?)"),
    (False, r"(?:\bbelow\b|\bunder\b|\blower than\b|\bless than\b|\bsmaller than\b|<|\bshort of\b|\bbeneath\b|\bdropp?(?:ed)? below\b|低于|小于|不足|不到|低过|少于|跌破|没到|没有?(?:达|够)到|\b(?:did(?: not|n.t)|never|not) (?:reach|get (?:up )?to|attain|make)\b|\bfell short of\b|\bundershot\b|\bbeneath\b)\s*(?P<n>[-+]?\d+(?:\.\d+)?)"),
    (True, r"(?:超\s*(?P<n>[-+]?\d+(?:\.\d+)?))"),
    (True, r"(?P<n>[-+]?\d+(?:\.\d+)?)\s*[以之]上"),
    (False, r"(?P<n>[-+]?\d+(?:\.\d+)?)\s*[以之]下"),
    (True, r"比\s*(?P<n>[-+]?\d+(?:\.\d+)?)\s*(?:还|更|要)?(?:大|高|多)"),
    (False, r"比\s*(?P<n>[-+]?\d+(?:\.\d+)?)\s*(?:还|更|要)?(?:小|低|少)"),
)  # fmt: skip
"""A bound that readings pass."""

_N = r"[-+]?\d+(?:\.\d+)?"
_LOW = r"low(?:er)?|high(?:er)?|upper"
LIMIT = (
    rf"(?:\b(?:the|our|a|its) )?(?:\b(?P<s1>{_LOW}) )?(?:alarm |safe )?limit(?: (?:for|of|on))?\s*(?:\b(?:was|is|of|at)\b|[=:])\s*(?P<n1>{_N})"
    rf"|(?:\b(?:we|i) (?:think|take|use|say) )?(?P<n2>{_N}) (?:is|was) (?:the|our|a|its) (?:(?P<s2>{_LOW}) )?(?:alarm )?limit\b"
    rf"|(?P<s3>[上下高低])限值?(?:是|为|按|设为|定为|取|=|:)?\s*(?P<n3>{_N})(?:\s*[算计])?"
)
"""A bound that is told as a limit."""
PASSED = (
    r"\b(?:above|over|beyond|past|exceed\w*|higher|more)\b|超|高于|高过|突破|越过|比它[高大]|以上",
    r"\b(?:below|under|beneath|lower|less)\b|低于|跌破|跌到|不到|低过|比它[低小]|以下",
)
"""What is said of readings that pass a bound: above, below."""

SPELT = (
    (r"\bwich\b", "which"),
    (r"\bw[ah]t\b", "what"),
    (r"\bteh\b", "the"),
    (r"第?(?:50|五十)\s?个?(?:百分位|分位)[数点值]?", "中位数"),
    (r"\b50(?:th|-th)? percentile\b", "median"),
    (r"\b(?:1|one)[- ]sigma\b", "sigma"),
    (r"\b(?:nr|num|no)\b\.? of\b|# of\b", "number of"),
    (r"(?<=[\u3400-\u9fff])(?=[a-z])|(?<=[a-z])(?=[\u3400-\u9fff])", " "),
)
"""Other spellings of known words; Latin words within Chinese stand apart."""

DENIED = (
    r"\bnot missing\b|\bnon-?missing\b|没有?(?:缺失|丢失)的|[未非]缺失|没有?(?:达|够)到"
    r"|\b(?:did(?: not|n.t)|never|not) (?:reach|get (?:up )?to|attain|make)\b"
)
"""Denials that the lists understand."""

COUNTED = r"\b(?:how (?:many|often)|times?|count|number of)\b|多少次|几次|次数|个数|多少"
"""That passes or gaps are counted: said with a bound or with missing readings it asks for nothing else."""

APART = frozenset({"max", "min"})
"""The highest and the lowest, with a word for their difference, are the range."""

KEYWORDS = frozenset(
    re.split(
        r"\s+",
        """average maximum minimum highest lowest largest smallest median standard deviation missing count range latest
        when what which above below exceed biggest greatest earliest between difference unit rows columns owner expire valid grade permissions""",
    )
)
"""Words that are recognised with one slip of the keys."""

ASIDE = (
    r"\bfor (?:the|my|our|a) (?:\w+ )?(?:meeting|report|log|logbook|handover|minutes|files?|records?|customer|audit)\b"
    r"|\b(?:my|our|the) (?:\w+ )?(?:boss|supervisor|manager|colleague|foreman|report|log|logbook|customer|auditor)"
    r"(?: (?:would like|wants?|needs?|asks?|asked|lacks?))?(?: (?:to know|for|about))?\b"
    r"|\bfor (?:the|my|our|an?|this|some) (?:[a-z]+ ){0,3}(?:review|audit|analysis|study|checks?|inspection|assessment|survey|presentation|slides?"
    r"|spreadsheet|form|memo|ticket|dashboard|statement|paperwork|handover|investigation|calculation)s?\b(?=\W*(?:[,:.!?-]|$| please| i\b| we\b| you\b| could\b| can\b| list\b| what))"
    r"|\b(?:around|about|off|from) (?:(?:the|its|their) )?(?:own )?(?:mean|average)\b|围绕(?:其)?(?:均值|平均值?)"
    r"|\blacks? the\b|\b(?:please|kindly|to) state\b"
    r"|早会|晨会|例会|交接班|班报|(?<!\d)日报|周报|月报|报表|台账|班长|组长|主任|领导|老板|客户|审计|师傅"
)
"""Who asks and what for: said aside, it changes nothing of the question."""

KINDS: tuple[tuple[str, str], ...] = (
    ("span", r"(?<!until )\b(?:what|which) (?:period|time span|dates?|time range)\b|\bfrom when (?:to|until) when\b|\bcover(?:s|ed)?\b|\btime (?:span|range)\b|\bwhen does .* (?:begin|start|end)\b|起止时间|时间范围|覆盖.{0,4}时间|哪段时间|从什么时候到什么时候|从何时到何时|起止日期|时间跨度|起始和结束|\bfirst and last (?:day|date|moment)\b|\bfrom which .{0,12} to which\b|\bhow far (?:back )?does\b|\b(?:from|since) when (?:un)?til(?:l)? when\b|\bperiod covered\b|\bstart and end\b|\bfirst and last\b|从(?:哪天|哪日|几号)到(?:哪天|哪日|几号)"),
    ("agent_until", r"\b(?:un)?till? (?:when|what|which)(?: (?:date|day))?\b|\bexpir(?:e|es|y|ation)\b|\bhow long may\b|\bhow much longer\b|\bvalid(?:ity)?\b|\blast day\b|\bend date\b|\brun out\b|\bends?\b|有效期|到期|截止|失效|过期|用到什么时候|用到哪天|哪天为止"),
    ("when", r"\b(?:since )?when\b|\bat what (?:time|moment)\b|\bwhat time\b|\bwhich moment\b|\bwhat hour\b|\bat which (?:time|moment)\b|\bwhich time\b|\b(?:first )?(?:time|moment|hour) (?:of|at which|when|that)\b|\btime ?stamps?\b|\bpoint in time\b|\btimes? (?:for|at)\b|\bthe (?:time|moment)\b|\btime of (?:the )?(?:max|min|high|low|peak)|\b(?:exact|which|what) (?:minute|second)\b|\bo'clock\b|\b(?:which|what) hour\b|啥时候?|哪会儿|时间点|钟点|何时|什么时候|什么时间|什么时刻|哪个?时刻|哪一刻|几点|几时|哪个时候|哪会儿|(?<!段)时间|时刻"),
    ("unit", r"\b(?:which|what)(?: is the)? units?\b|\bunits? of\b|\bmeasured in\b|\bexpressed in\b|\bunit\b|计量单位|单位|量纲"),
    ("rows", r"\bhow many rows\b|\bnumber of rows\b|\bhow (?:large|big|long) is\b|\bsize of\b|\brow count\b|\bhow many lines\b|\bnumber of lines\b|\bhow many records (?:does|has|are)\b|\brows?\b|多少行|行数|几行|多大|规模|记录条数|多少条记录"),
    ("tags", r"\bhow many (?:tags|columns|signals|variables|sensors|channels)\b|\b(?:which|what) (?:tags|columns|signals)\b|\bnumber of (?:tags|columns|signals)\b|多少(?:个)?(?:点位|位号|列|变量|信号)|几(?:个)?(?:位号|列)|有哪些(?:位号|列|变量)|\bhow many measured\b|\bhow many (?:fields|series|measurements)\b|(?:位号|变量|信号|列)(?:数量|个数|数)|多少(?:个)?(?:字段|测点)|几(?:个)?(?:变量|信号|测点)|列数|\b(?:tag|column|signal) list\b|\blist (?:of )?(?:the |all )?(?:tags|columns|signals|variables)\b|\b(?:which|what) (?:variables|sensors)\b|哪些(?:测点|信号)|(?:测点|信号|变量|位号|列)(?:都)?有哪些|列一?下.{0,12}(?:列|位号|测点)"),
    ("change", r"\bminus\b|\bapart\b|减|\bmove[ds]?\b|\bdifferent\b|\bchange(?:d|s)?\b|\bdiffer(?:s|ed|ence)?\b|\bcompare[sd]?\b|\bshift(?:ed)?\b|\bgap between\b|\bhow much (?:more|less)\b|\bup or down\b|\brise or fall\b|\bhow much (?:higher|lower)\b|升降|涨跌|增减|变化了?|变动|相差|差距|差异|差(?!点)(?:值|多少)?|比较|对比"),
    ("begins", r"\b(?:begin|began|start(?:ed)?|set in|first (?:seen|appear(?:ed)?))\b|\bonset\b|\bappear(?:ed)?\b|\bset in\b|开始|首次出现|首次|最早出现|最早|起始|第一次出现|始于|\bbeginning\b|\bfirst time\b|\bsince when\b|第一次|从几时|从何时"),
    ("states", r"\bfaults?\b|\bstates?\b|\babnormal(?:ities)?\b|\balarms?\b|\bdisturbances?\b|\bwent wrong\b|\bmalfunctions?\b|\bconditions?\b|\bnormal\b|\bproblems?\b|故障|异常|状态|报警|工况|问题|毛病"),
    ("model_score", r"\bscores?\b|\bhow good\b|\baccura(?:cy|te)\b|\berror\b|\bperform(?:s|ance)?\b|得分|精度|准确|误差|效果如何|多好"),
    ("model_task", r"\btask\b|\bkind of model\b|\bwhat does .* (?:predict|do)\b|任务|预测什么|哪类模型"),
    ("model_data", r"\btrained on\b|\blearn(?:t|ed)? from\b|\b(?:which|what) (?:data|dataset)\b|\bbased on\b|训练数据|用.{0,6}训练|基于.{0,6}数据|哪个数据集"),
    ("model_standing", r"\bpublished\b|\bmay .* predict\b|\ballowed to predict\b|\bin use\b|已?发布|可否预测|能否使用|可以预测"),
    ("agents_moving", r"\b(?:which|what) agents? (?:may|can|could) (?:write|move|change|propose)\b|\bwho (?:may|can) (?:write|move|change)\b|\bagents? .* allowed to (?:write|move)\b|哪些智能体(?:可以|能|可)?(?:写|动作|调整|改)|谁(?:可以|能)(?:写|动作|调整|改)"),
    ("agents_of", r"\b(?:which|what) agents?(?: (?:watch(?:es)?|look after|are on|work on))?\b|\bagents? (?:watch|look after|of|on)\b|\bwho watches\b|哪些智能体|什么智能体|谁在?看护|由谁看护"),
    ("agent_owner", r"\bwho (?:owns|answers for|is responsible for|is in charge of)\b|\bowner\b|\bresponsible\b|\bwho looks after\b|\baccountable\b|\bwho do i call about\b|责任人|谁负责|由谁负责|归谁管?|负责人|谁管|谁来负责|谁在负责|属于谁|谁的|找谁"),
    ("agent_rights", r"\bwhat (?:may|can) .* (?:do|read|write|move|change)\b|\brights?\b|\bpermissions?\b|\ballowed to do\b|\bpermitted\b|\bauthoris(?:ed|ation)\b|\bauthoriz(?:ed|ation)\b|权限|授权|可以做什么|能做什么|能干什么|做哪些事|许可范围|允许做|干啥|做啥"),
    ("agent_grade", r"\bgrade[ds]?\b|\bqualified\b|\bqualification\b|\bhow well proven\b|等级|级别|鉴定|几级|评级|哪一?级"),
    ("agent_model", r"\b(?:which|what) model (?:does|is)\b|\bmodel (?:behind|of)\b|\bruns? on which model\b|用的?(?:是)?(?:哪个|什么)模型|哪个模型"),
)  # fmt: skip
"""Tool -> how it is asked for, tried in this order."""

SUFFIX = (
    (".SP", r"\bset[- ]?points?\b|设定值|给定值"),
    (".OP", r"\b(?:controller )?outputs?\b|\bvalve (?:opening|position)\b|输出|阀位|开度"),
    (".PV", r"\bprocess values?\b|\bmeasured values?\b|\bmeasurements?\b|测量值|实测值?|过程值"),
)
"""Part of a loop -> how it is called."""

COMMANDS = r"^\s*(?:please\s+)?(?:set|write|change|raise|lower|increase|decrease|open|close|stop(?! (?:and|time|date))|start(?! (?:and|time|date|of))|delete|approve|release|disable|ignore|forget|reset|override|execute|run|propose)\b|(?:请|帮我)?(?:把|将).{1,40}(?:设|调|改|写|提高|降低|关闭|打开|删除)|^(?:请)?(?:停止|关闭|打开|删除|批准|执行|忽略|放行)"
FUTURE = r"\bwill\b(?!.*\b(?:expire|lapse|run out|end\b\W*$))|\btomorrow\b|\bnext (?:week|month|day|shift|hour|year)\b|\bforecast\b|\bpredict(?:ed|ion)?\b|\bgoing to\b|明天|下周|下个?月|将会|将来|预计|预测"
WHY = r"\bwhy\b|\bcaus(?:e[ds]?|ing)\b|\breasons?\b|\bshould\b(?! i (?:contact|call|ask|ring|phone|talk|turn|write|read|look|use))|\brecommend|\bbest\b|\bbetter\b|为什么(?!等级|级)|(?<![单数]位)(?<![读示]数)(?<!值)为何|原因|应该|建议|最好|怎么办"
OUTSIDE = r"\b(?:price|cost|weather|stock|capital|president|joke|poem|recipe|salary|euros?|dollars?|yuan)\b|价格|天气|股票|笑话|诗|工资|成本|元"
ALL = r"\b(?:all|any|every|overall|whole|entire|ever|across)\b(?: (?:assets|machines|engines|units|pumps))?|所有|全部|整个|各(?:台|个)|全程|历来"

EMPTY = frozenset(
    re.split(
        r"\s+",
        """a about according against agent am amount an and answer any anything are as ask asking asset at back be been
    between by calculate called came can columns come compared compute concerning could count counts course data
    dataset date day did do does down during each exactly figure find for from get give given go got had happen
    happened has have history hit how i if in into is it its just kindly know let level like list log logs long
    look machine many me measured model moment much my name names need next number observed occur occurred of
    off on one or out over per period plant please point points question ran reach reached read reading readings
    record recorded recording records regarding register registered respect roughly rows run say seen sensor
    show signal so something stand state states stood tag tags take taken taking tell terms than that the there
    there's these they this through throughout time times to told up us used utc value values versus vs want
    climb climbs climbed rise rises rose risen rising go goes gone down fall falls fell fallen falling drop drops
    dropped dip dips dipped sink sank sunk jump jumped soar soared touch touched decline declined reported per via
    inside covering contained contains contain hold holds held keep keeps kept actual exact precise precisely
    complete completely full fully single i'd we'd i'll we're i'm let's
    hi hello hey dear thanks thank cheers pls plz ok okay sorry quick quickly also again actually really simply
    he she him her his our ours their them someone somebody anybody everybody everyone person people who whom
    might must shall need needs needed ought having being doing got gets getting makes made use using used
    check checked checking lookup search fetch pull extract send sent put fill write provide help helps wonder
    wondering interested curious see seeing sees sitting lay lying lie stay stayed showing displayed noted note
    logged logging wrote table tables source sources file files cell cells entry entries dataset's engineering
    large big small high low much daily today's correct right true where here both together each other please
    could might possible possibly able work works working may move moved moves registration agent's
    wants was we went were what what's whats when which while whole with within would you your""",
    )
)  # fmt: skip
"""English words that carry no demand of their own."""

EMPTY_ZH = (
    "升至|涨到|涨至|爬到|窜到|跌到|跌至|降至|落到|停在|处于|位于|保持|维持|算出|得出|汇总|报出|告知|说明|列举|提供|查阅|检索|核对|确认|我们|咱们|大家|现场|装置|车间|岗位|关于|有关|针对|对于|方面|这天|那天|当日|整日|全日|"
    "您好|你好|大家好|麻烦|劳驾|帮忙|谢谢|多谢|感谢|请教|咨询|看看|查查|算算|瞧瞧|发给我|发我|发|来源|要用|要填|程度|结果|工程|是几|哪些|"
    "请问|请|告诉我|到达|行数据|据|事|属于|列出|统计|许可|通过|有没有|没有|降到|升到|哪天|哪一天|究竟|分别是|一天|整天|曾经|共计|合计|总计|来自|取自|其中|根据|按照|按|以|管|首|数|升|降|没|各|查|下|出|现|允许|应|需|需要|录|载|位|第|日里|期|之|来|去|点|高|低|大|小|长|问|答|帮我|查一下|查询|看一下|给出|一下|是多少|有多少|多少|是什么|什么|哪个|哪些|位号|读数|数值|数据集|数据|记录|"
    "期间|当天|全天|这天|那天|时候|时间|时刻|达到|出现|发生|曾|过|共|总共|一共|次数|次|个|条|的|了|在|于|是|为|有|吗|呢|啊|"
    "值|中|里|内|上|这|那|和|与|到|从|至|它|其|我|想|知道|需要|测得|测到|显示|该|本|及|两天|之间|几|设备|模型|智能体|名称|都|就|"
    "时|最|被|由|谁|能|可|让|看|日|天|分别|相比|比|怎样|如何|多|少|计算|求|得到|录得|记|又|把|给|会|做|用|整体|总体|情况|处|对|源|填|要|总|集|台|呀|吧|啦|嘛|哦|啥|一|读|表|张|份|哪"
)
"""Chinese words that carry no demand of their own, longest first where one holds another."""
