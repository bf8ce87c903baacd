"""The words by which people ask, English and Chinese; what is in none of these lists was not understood."""

import re

__all__ = ["ALL", "BEYOND", "COMMANDS", "EMPTY", "EMPTY_ZH", "FUTURE", "KINDS", "OUTSIDE", "STATISTIC", "SUFFIX", "WHY"]

STATISTIC: tuple[tuple[str, str], ...] = (
    ("missing", r"\bmissing\b|\babsent\b|\bempty\b|\bgaps?\b|\bnulls?\b|缺失|缺了|缺少|空值|漏采"),
    ("std", r"\bstandard deviations?\b|\bstd(?:ev)?\b|\bscatter(?:ed)?\b|标准差|标准偏差"),
    ("median", r"\bmedian\b|中位数|中值"),
    ("range", r"\bpeak[- ]to[- ]peak\b|\brange\b|\bswing\b|\bvar(?:y|ied)\b|极差|波动范围|变化范围|波动幅度"),
    ("mean", r"\bmean\b|\baverage(?:d)?\b|\bavg\b|\btypically\b|平均值?|均值"),
    ("max", r"\bmax(?:imum|imal)?\b|\bhighest\b|\bpeak(?:ed)?\b|\blargest\b|\bgreatest\b|\btop\b|\bhigh point\b|最高|最大值?|峰值|最高点"),
    ("min", r"\bmin(?:imum|imal)?\b|\blowest\b|\bsmallest\b|\bleast\b|\bbottom(?:ed)?\b|\blow point\b|最低|最小值?|谷值|最低点"),
    ("first", r"\bfirst (?:reading|value)\b|\bat the (?:start|beginning)\b|\binitial\b|第一个读数|首个(?:读数|值)|最初|起始值"),
    ("last", r"\b(?:latest|last|newest|most recent|final) (?:reading|value|one)\b|\blatest\b|\bmost recent\b|\bnow\b|\bcurrent(?:ly)?\b|最新|最后一个?(?:读数|值)|当前|目前|现在"),
    ("count", r"\bhow many (?:readings|values|records|samples|points|measurements)\b|\bnumber of (?:readings|values|records|samples|points)\b|多少(?:个|条)?(?:读数|数据点|记录|采样)|几(?:个|条)读数|(?:读数|数据点|采样)(?:个数|数量|条数)"),
)  # fmt: skip
"""Statistic -> how it is asked for; the first that matches is taken out, and no other may be left."""

BEYOND = (
    (True, r"(?:\babove\b|\bover\b|\bexceed(?:s|ed|ing)?\b|\bhigher than\b|\bgreater than\b|\bmore than\b|\blarger than\b|>|\bbeyond\b|超过|高于|大于|超出)\s*(?P<n>[-+]?\d+(?:\.\d+)?)"),
    (False, r"(?:\bbelow\b|\bunder\b|\blower than\b|\bless than\b|\bsmaller than\b|<|低于|小于|不足)\s*(?P<n>[-+]?\d+(?:\.\d+)?)"),
)  # fmt: skip
"""A bound that readings pass."""

KINDS: tuple[tuple[str, str], ...] = (
    ("when", r"\bwhen\b|\bat what (?:time|moment)\b|\bwhat time\b|\bwhich moment\b|何时|什么时候|什么时间|哪个时刻|几点"),
    ("unit", r"\b(?:which|what)(?: is the)? units?\b|\bunits? of\b|\bmeasured in\b|\bunit\b|单位|计量单位"),
    ("rows", r"\bhow many rows\b|\bnumber of rows\b|\bhow (?:large|big|long) is\b|\bsize of\b|多少行|行数|几行|多大"),
    ("tags", r"\bhow many (?:tags|columns|signals|variables)\b|\b(?:which|what) (?:tags|columns|signals)\b|\bnumber of (?:tags|columns|signals)\b|多少(?:个)?(?:位号|列|变量|信号)|几(?:个)?(?:位号|列)|有哪些(?:位号|列|变量)|(?:位号|变量)(?:数量|个数)"),
    ("span", r"\b(?:what|which) (?:period|time span|dates?|time range)\b|\bfrom when (?:to|until) when\b|\bcover(?:s|ed)?\b|\btime (?:span|range)\b|\bwhen does .* (?:begin|start|end)\b|起止时间|时间范围|覆盖.{0,4}时间|哪段时间|从什么时候到什么时候"),
    ("change", r"\bchange(?:d|s)?\b|\bdiffer(?:s|ed|ence)?\b|\bcompare[sd]?\b|\bshift(?:ed)?\b|变化了?|相差|差(?:值|多少)?|比较|对比"),
    ("begins", r"\b(?:begin|began|start(?:ed)?|set in|first (?:seen|appear(?:ed)?))\b|开始|首次出现|最早出现"),
    ("states", r"\bfaults?\b|\bstates?\b|\babnormal(?:ities)?\b|\balarms?\b|\bdisturbances?\b|\bwent wrong\b|故障|异常|状态|报警"),
    ("model_score", r"\bscores?\b|\bhow good\b|\baccura(?:cy|te)\b|\berror\b|\bperform(?:s|ance)?\b|得分|精度|准确|误差|效果如何|多好"),
    ("model_task", r"\btask\b|\bkind of model\b|\bwhat does .* (?:predict|do)\b|任务|预测什么|哪类模型"),
    ("model_data", r"\btrained on\b|\blearn(?:t|ed)? from\b|\b(?:which|what) (?:data|dataset)\b|\bbased on\b|训练数据|用.{0,6}训练|基于.{0,6}数据|哪个数据集"),
    ("model_standing", r"\bpublished\b|\bmay .* predict\b|\ballowed to predict\b|\bin use\b|已?发布|可否预测|能否使用|可以预测"),
    ("agents_moving", r"\b(?:which|what) agents? (?:may|can|could) (?:write|move|change|propose)\b|\bwho (?:may|can) (?:write|move|change)\b|\bagents? .* allowed to (?:write|move)\b|哪些智能体(?:可以|能|可)?(?:写|动作|调整|改)|谁(?:可以|能)(?:写|动作|调整|改)"),
    ("agents_of", r"\b(?:which|what) agents?\b|\bagents? (?:watch|look after|of|on)\b|\bwho watches\b|哪些智能体|什么智能体|谁在?看护|由谁看护"),
    ("agent_owner", r"\bwho (?:owns|answers for|is responsible for|is in charge of)\b|\bowner\b|\bresponsible\b|责任人|谁负责|由谁负责|归谁|负责人"),
    ("agent_until", r"\buntil when\b|\bexpir(?:e|es|y|ation)\b|\bhow long may\b|\bvalid\b|\blast day\b|有效期|到期|截止|用到什么时候"),
    ("agent_rights", r"\bwhat (?:may|can) .* (?:do|read|write|move)\b|\brights?\b|\bpermissions?\b|\ballowed to do\b|权限|可以做什么|能做什么"),
    ("agent_grade", r"\bgrade[ds]?\b|\bqualified\b|\bqualification\b|等级|鉴定"),
    ("agent_model", r"\b(?:which|what) model (?:does|is)\b|\bmodel (?:behind|of)\b|\bruns? on which model\b|用的?(?:是)?(?:哪个|什么)模型|哪个模型"),
)  # fmt: skip
"""Tool -> how it is asked for, tried in this order."""

SUFFIX = (
    (".SP", r"\bset[- ]?points?\b|设定值|给定值"),
    (".OP", r"\b(?:controller )?outputs?\b|\bvalve (?:opening|position)\b|输出|阀位|开度"),
    (".PV", r"\bprocess values?\b|\bmeasured values?\b|\bmeasurements?\b|测量值|实测值?|过程值"),
)
"""Part of a loop -> how it is called."""

COMMANDS = r"^\s*(?:please\s+)?(?:set|write|change|raise|lower|increase|decrease|open|close|stop|start|delete|approve|release|disable|ignore|forget|reset|override|execute|run|propose)\b|(?:请|帮我)?(?:把|将).{1,40}(?:设|调|改|写|提高|降低|关闭|打开|删除)|^(?:请)?(?:停止|关闭|打开|删除|批准|执行|忽略|放行)"  # noqa: E501
FUTURE = r"\bwill\b|\btomorrow\b|\bnext (?:week|month|day|shift|hour|year)\b|\bforecast\b|\bpredict(?:ed|ion)?\b|\bgoing to\b|明天|下周|下个?月|将会|将来|预计|预测"  # noqa: E501
WHY = r"\bwhy\b|\bcaus(?:e[ds]?|ing)\b|\breasons?\b|\bshould\b|\brecommend|\bbest\b|\bbetter\b|为什么|为何|原因|应该|建议|最好|怎么办"  # noqa: E501
OUTSIDE = r"\b(?:price|cost|weather|stock|capital|president|joke|poem|recipe|salary|euros?|dollars?|yuan)\b|价格|天气|股票|笑话|诗|工资|成本|元"  # noqa: E501
ALL = r"\b(?:all|any|every|overall|whole|entire|ever|across)\b(?: (?:assets|machines|engines|units|pumps))?|所有|全部|整个|各(?:台|个)|全程|历来"  # noqa: E501

EMPTY = frozenset(
    """a an and are as at be been by could did do does during for from get give had has have how i in into is it its me
    of on or over please read reading readings reach reached say show tag tags tell that the there these they this to
    us value values was we were what whats which while with within you your time times day data dataset record records
    recorded recording signal sensor point points observed seen measured register registered many much number long take
    taken taking go went got run ran hit level compute calculate find look up asset machine per moment date period
    utc than happen happened occur occurred there's what's know need like want would can am let my one between when
    compared against versus vs model agent state states name names called amount figure came come stood stand
    columns rows history log logs plant count counts times""".split()
)  # fmt: skip
"""English words that carry no demand of their own."""

EMPTY_ZH = (
    "请问|请|告诉我|帮我|查一下|查询|看一下|给出|一下|是多少|有多少|多少|是什么|什么|哪个|哪些|位号|读数|数值|数据集|数据|记录|"
    "期间|当天|全天|这天|那天|时候|时间|时刻|达到|出现|发生|曾|过|共|总共|一共|次数|次|个|条|的|了|在|于|是|为|有|吗|呢|啊|"
    "值|中|里|内|上|这|那|和|与|到|从|至|它|其|我|想|知道|需要|测得|测到|显示|该|本|及|两天|之间|几|设备|模型|智能体|名称|都|就|"
    "时|最|被|由|谁|能|可|让|看|日|天|分别|相比|比|怎样|如何|多|少|计算|求|得到|录得|记|又|把|给|会|做|用|整体|总体|情况|处|对"
)
"""Chinese words that carry no demand of their own, longest first where one holds another."""

_CHECK = [re.compile(p, re.IGNORECASE) for _, p in (*STATISTIC, *KINDS, *SUFFIX)]
