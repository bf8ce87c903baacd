"""How people dress a question: who asks, please and thanks, verbs of looking up; none of it bounds what is asked."""

import re

__all__ = ["DRESS", "DRESS_ZH", "WHO", "undressed"]

_WHO = r"(?:(?:my|our|the|a|an|some|one of (?:my|our|the))\s)?(?:[a-z]+\s){1,3}?"
WHO = rf"^\W*{_WHO}(?:needs?|wants?|asks?(?: me)?(?: for| about)?|asked(?: me)?(?: for| about)?|would like|is asking(?: for)?|requires?|requested|wonders?|is after|is waiting for)\b"
"""Who asks: said in front, it is no part of the question."""
_DRESSED = (
    WHO,
    r"^\W*(?!(?:at|with|in|on|during|under|for|by|when|after|before|without|per|of)\b)[a-z']+(?: [a-z']+)?\s?[,:!](?=\s)",
    r"[,.;]\s?(?:thanks?|thx|ta|cheers|please|pls|appreciated|much appreciated)(?: [a-z]+){0,3}\W*$",
    r"^\W*[\u3400-\u9fff]{1,4}[,，:：!！](?=\s*\S)",
)
"""In front: who asks, a greeting; behind: thanks."""

DRESS = frozenset(
    re.split(
        r"\s+",
        """able about accordingly actual admit advise again aloud already altogether always amount amounts anyone
    anywhere apparently appear appears archive arrive arrived asap asked asks attained available basically belong belongs bit book bother
    bring briefly bro buddy calc calculation came carry carries cases check chief chuck claim clarify clock coming confirm consider contain contents
    couple crunch cut dare database deliver delivered desk determine did dig digits display doing dont draw drag drop easy else
    enlighten entirely establish every exact examine extract fellow fetch figure figured figures filled find finding fish follow following folks form
    forward found friend gave general generally gent getting gimme given gives glad glance gonna gotta grab grateful guess guys hand handy happens
    haul heard hear hint hold home hunt hurry hurriedly idea identify imagine include included including inform information inquire inside inspect
    instance instrument intend item itself jot journal keen kind knowledge lad lads learn let lets listed listing look looked looking looks
    loop mates mention mentioned message mind moment's name named nah near nice nope note noted notice notified
    obtain obtained one ones ought overview page paper pass people perhaps pick pinpoint plain pleased plus point pop pray present
    presently print printed proceed produce produced prompt proper properly pull pulled query question questions quote reach read reader real really
    recall recorder reference referring refer regards register remember remind remains report reported reports represent request required research
    result results retrieve return returned reveal right round rush say saying says scan screen search section seek seem seemed seems sees sensor sent
    serve sheet short show showed shown shows simple simply sir situation sought sort speak specified specify spell spit spot
    stands statement stating stored straight stuff summary supply sure surely swear table talk task team tell telling tells term
    thankful thing things though tiny told tool total touch trace track transmitter true try trying turned ugh um understand urgent
    urgently use useful uses using usual utter value verify very via view walk wanna wanted wants watch way well whatever whats whichever wish
    wonder wondering word workbook write written wrote yep yes yet you'd you'll you're yourself
    thx ta set
    guy colleague colleagues boss manager supervisor engineer engineers foreman technician analyst auditor inspector customer client
    quality production maintenance process management director leader head deputy office department laboratory
    arithmetic numeric numerical overall statistical central extreme extremes sample samples observation observations entry point points stamp stamped""",
    )
)  # fmt: skip
"""Words of looking up and telling, of roles, of papers."""

DRESS_ZH = (
    r"拜托|麻烦|劳驾|劳烦|烦请|有劳|辛苦|请教|咨询|打听|问问|问下|问一?下|看[眼看下]|瞅[眼瞅下]?|瞧[眼瞧下]?|查[查下询找阅]|翻[翻下]?|搜[搜下]?|找[找下到出]|报[个下一]?|给我|给个|给出|给一?下|帮[忙我着个]?|"
    r"同事|同志|师傅|大哥|老师|兄弟|各位|领导|老板|经理|主任|班长|工程师|技术员|质检|工艺|我们|咱们?|咱|俺|您|哪位|"
    r"想[要问知]|了解|获取|获得|取得|拿到|得到|得出|算出|算个|算下|算一?下|求出|求得|取[个一]?|弄[个清]|搞[个清]|说[下明一]|讲[下一]|告知|告诉|通报|汇报|反馈|提供|列[出个下]|统计|汇总|核实|核对|确认|"
    r"收录|收集|登记|登载|记载|记录|录入|录得|载明|所[载记示录]|写着|写的|填[表写报]|报表|台账|日志|记事|表格|表里|表中|表上|表是|那张|这张|张表|库里|库中|文件|资料|"
    r"究竟|到底|大概|大约|差不多|具体|准确|精确|分别|一共|总共|合计|共计|总计|左右|来着|呗|哇|呐|嘞|喽|哟|唉|嗯|哈|咧|不[？?]|没[？?]|行不|好吗[？?]?$|可否|能否|是否可|能不能(?=告|帮|查|给|说|看|报)|可以(?=告|帮|查|给|说|看|报)|"
    r"冲到|飙到|窜到|蹿到|冒到|爬到|升到|涨到|顶到|跑到|走到|到过|落到|跌到|掉到|滑到|缩到|降到|探到|到了|达到|录到|测到|测得|读到|读得|采到|显示|指示|仪表|水平|情况|数值|数字|结果|依据|根据|按照|依照|参照|基于|当中|之中|里头|里面|里边|其中|关于|有关|对应|相应|"
    r"求|取|之|于|所|跟|与|及|即|系|乃|均|谢|烦|劳|您"
)
"""The same in Chinese."""


def undressed(rest: str) -> str:
    """The wording without who asks and thanks.

    >>> undressed("The shift engineer needs the mean of")
    '  the mean of'
    """
    for pattern in _DRESSED:
        rest = re.sub(pattern, "  ", rest, count=1, flags=re.IGNORECASE)
    return rest
