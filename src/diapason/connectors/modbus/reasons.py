"""Exception codes of Modbus in words.

Source: MODBUS Application Protocol Specification 1.1b3, section 7.
"""

from diapason.vocabulary.language import Text

__all__ = ["reason"]

_WORDS = {
    1: Text("the device does not know this function", "设备不支持该功能码"),
    2: Text("the device has no such address", "设备没有该地址"),
    3: Text("the device does not take this value", "设备不接受该值"),
    4: Text("the device failed", "设备故障"),
    5: Text("the device needs more time", "设备已接收，需较长时间处理"),
    6: Text("the device is busy", "设备忙"),
    7: Text("the device can't do that", "设备无法执行"),
    8: Text("the device's memory is damaged", "设备存储器奇偶校验错误"),
    10: Text("the gateway has no way to the device", "网关路径不可用"),
    11: Text("the device behind the gateway does not answer", "网关后的设备无应答"),
}


def reason(code: int) -> Text:
    """A code in words.

    >>> str(reason(2))
    'the device has no such address (exception 2)'
    """
    words = _WORDS.get(code, Text("an exception that nobody has described", "未定义的异常"))
    return Text(f"{words.en} (exception {code})", f"{words.zh}（异常码 {code}）")
