"""`diapason status`: what is here, and what comes next."""

from typing import Any

from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["status"]


@command(
    Text(
        "Show what is in this workspace, what was done, and what comes next.", "查看工作区内容、已完成的工作与下一步。"
    ),
    good="diapason status",
    bad=Text(
        "diapason status (outside a workspace) -> no workspace here or above",
        "diapason status（在工作区之外）-> 此处及上级文件夹都不是工作区",
    ),
)
def status(face: Face) -> None:
    """Call the service and show it in a dozen lines."""
    from diapason.services import record, workspace

    opened = face.open()
    found = workspace.status(opened) | {"recordings": record.brief(opened)}
    entries, runs = found["ledger"]["entries"], found["runs"]
    face.say(Text(f"{found['name']}  ({found['folder']})", f"{found['name']}（{found['folder']}）"))
    face.say(
        Text(
            f"{len(found['people'])} people, acting: {found['person']}; {entries} ledger entries; "
            f"runs: {runs['finished']} finished, {runs['abandoned']} abandoned, {runs['unfinished']} unfinished",
            f"{len(found['people'])} 人，当前操作人：{found['person']}；账本 {entries} 条；"
            f"运行：完成 {runs['finished']}，放弃 {runs['abandoned']}，未完成 {runs['unfinished']}",
        )
    )
    for words in found["undone"]:
        face.say(Text(f"After an interruption: {words}", f"中断后已处理：{words}"))
    _tables(face, found)
    step = found["next"]
    face.say("")
    command = step["command"]
    spoken = command.replace(" FILE", " 文件").replace(" NAME", " 名称").replace(" TASK", " 任务")
    face.say(Text(f"Next: {command}   ({step['why']['en']})", f"下一步：{spoken}（{step['why']['zh']}）"))
    face.result(found)


def _tables(face: Face, found: dict[str, Any]) -> None:
    if found["recordings"]:
        from diapason.faces.cli.record import lines

        face.say("")
        lines(face, found["recordings"])
    if found["datasets"]:
        face.say("")
        face.versions(found["datasets"])
    if found["models"]:
        face.say("")
        heads = [Text("model", "模型"), Text("task", "任务"), Text("trained", "训练")]
        face.table(heads, [[m["name"], m["task"], m["at"][:16].replace("T", " ")] for m in found["models"]])
