"""What a score rules, in words: of a gate, of an indicator, of a model that a dataset is for."""

from diapason.vocabulary.language import Text

__all__ = ["FITS", "GATES", "STATES"]

GATES = {
    "passed": Text("passed", "通过"),
    "failed": Text("failed", "未通过"),
    "not_decidable": Text("not decidable", "无法判定"),
}
STATES = {"not_tested": Text("not tested", "未测试"), "not_applicable": Text("does not apply", "不适用")}
FITS = {
    "fit": Text("fit", "适用"),
    "not_fit": Text("not fit", "不适用"),
    "open": Text("not decidable: the target lies in the interval", "无法判定：目标值落在区间内"),
    "not_tested": Text("not tested", "未测试"),
    "fallen": Text("fallen", "已失效"),
    "expired": Text("expired", "已过期"),
}
