"""`diapason doctor`: is everything whole, and what to do where it isn't."""

from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["doctor"]

_NAMES = {
    "settings": "设置",
    "ledger": "账本",
    "interruptions": "中断",
    "clock": "时钟",
    "key": "密钥",
    "lake": "数据湖",
    "vault": "制品库",
    "evidence": "证据",
    "backup": "备份",
    "disk": "磁盘",
    "packages": "软件包",
    "font": "字体",
}
_STATES = {"good": Text("good", "良好"), "look": Text("look", "留意"), "bad": Text("BAD", "损坏")}


@command(
    Text(
        "Check chain, digests, keys, disk and packages; each complaint with its fix.",
        "检查链、摘要、密钥、磁盘与软件包，并给出办法。",
    ),
    good="diapason doctor",
    bad=Text(
        "diapason doctor (after a file was changed) -> BAD lake: turbofan: v000001-….parquet was changed",
        "diapason doctor（文件被改动后）-> 损坏 lake：turbofan：v000001-….parquet 已被改动",
    ),
)
def doctor(face: Face) -> int:
    """Call the service; exit code 1 if something is bad."""
    from diapason.services import workspace

    found = workspace.doctor(face.folder)
    for check in found["checks"]:
        state, name = _STATES[check["state"]](face.language), check["name"]
        said = check["said"]
        face.say(Text(f"{state:5} {name}: {said['en']}", f"{state}  {_NAMES.get(name, name)}：{said['zh']}"))
        if check["fix"][face.language]:
            face.say(f"      -> {check['fix'][face.language]}")
    face.say("")
    if found["whole"]:
        face.say(Text("Everything here is whole.", "一切完好。"))
    else:
        face.say(Text("Something is damaged: see BAD above.", "有内容受损：见上方“损坏”项。"))
    face.result(found)
    return 0 if found["whole"] else 1
