"""Reason codes of MQTT 5 in words.

Source: OASIS Standard "MQTT Version 5.0", section 2.4.
"""

from diapason.vocabulary.language import Text

__all__ = ["FINAL", "reason"]

_WORDS = {
    0x00: Text("accepted", "已接受"),
    0x04: Text("ended, the last will is to be published", "断开并发布遗嘱消息"),
    0x10: Text("nobody listens to that topic", "没有匹配的订阅者"),
    0x11: Text("there was no such subscription", "没有该订阅"),
    0x80: Text("refused without a reason", "未说明原因的拒绝"),
    0x81: Text("the broker could not read a packet", "报文格式错误"),
    0x82: Text("the broker says that the protocol was broken", "协议错误"),
    0x83: Text("refused by a rule of the broker", "代理实现特定的错误"),
    0x84: Text("the broker does not speak MQTT 5", "代理不支持 MQTT 5"),
    0x85: Text("the broker does not accept this client name", "客户端标识无效"),
    0x86: Text("wrong user or password", "用户名或口令错误"),
    0x87: Text("not allowed", "未授权"),
    0x88: Text("the broker is not ready", "代理不可用"),
    0x89: Text("the broker is busy", "代理繁忙"),
    0x8A: Text("this client is banned", "客户端已被禁止"),
    0x8B: Text("the broker is shutting down", "代理正在关闭"),
    0x8C: Text("the way of signing in is not accepted", "认证方式不被接受"),
    0x8D: Text("nothing was heard for longer than the keep-alive", "超过保活时间未通信"),
    0x8E: Text("another client has taken over this name", "会话已被同名客户端接管"),
    0x8F: Text("the broker refuses this subscription filter", "主题过滤器无效"),
    0x90: Text("the broker refuses this topic", "主题名无效"),
    0x91: Text("the packet number is in use", "报文标识已被占用"),
    0x92: Text("the packet number is not known", "报文标识不存在"),
    0x93: Text("more messages under way than was agreed", "超过接收最大值"),
    0x94: Text("the topic alias can't be", "主题别名无效"),
    0x95: Text("the packet is too large", "报文过大"),
    0x96: Text("too many messages at once", "消息速率过高"),
    0x97: Text("a quota is used up", "配额已用尽"),
    0x98: Text("an administrator ended the connection", "被管理员断开"),
    0x99: Text("the payload is not of the kind that was said", "载荷格式无效"),
    0x9A: Text("the broker keeps no messages", "不支持保留消息"),
    0x9B: Text("the broker does not offer this quality of service", "不支持该服务质量等级"),
    0x9C: Text("use another broker", "请使用另一代理"),
    0x9D: Text("the broker has moved", "代理已迁移"),
    0x9E: Text("the broker offers no shared subscriptions", "不支持共享订阅"),
    0x9F: Text("too many connections in a short time", "连接速率过高"),
    0xA0: Text("the longest time of connection is over", "超过最长连接时间"),
    0xA1: Text("the broker offers no subscription identifiers", "不支持订阅标识符"),
    0xA2: Text("the broker offers no wildcards", "不支持通配符订阅"),
}

FINAL = frozenset((0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x8E, 0x95, 0x98, 0x99, 0x9B, 0x9E, 0xA2))
"""Refusals that another try does not change."""


def reason(code: int, said: str = "") -> Text:
    """A code in words, with the broker's own behind.

    >>> str(reason(0x86, "no such user"))
    'wrong user or password (134: no such user)'
    """
    words = _WORDS.get(code, Text("an unknown reason", "未知原因"))
    told = f"{code}: {said}" if said else str(code)
    return Text(f"{words.en} ({told})", f"{words.zh}（{told}）")
