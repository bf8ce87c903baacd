"""`diapason demo`: the whole path once, on the embedded plant."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["demo"]


@command(
    Text(
        "The whole path once: the embedded plant writes its history; a report opens.",
        "完整走一遍：内置工厂写出历史，最后打开报告。",
    ),
    good="diapason demo",
    bad=Text(
        "diapason demo --into a/b -> 'a/b' cannot be a name",
        "diapason demo --into a/b -> “a/b”不能作为名称",
    ),
)
def demo(
    face: Face,
    into: Annotated[str, Option("--into", "Name of the workspace", "工作区名称")] = "demo-plant",
    show: Annotated[bool, Option("--open/--no-open", "Open the report", "打开报告")] = True,
) -> None:
    """Run the service, tell each step, open the report where there is a screen."""
    import sys

    from diapason.services import demo as service

    def told(step: service.Step) -> None:
        face.say(f"{step.seconds:5.1f} s  {step.what(face.language)}: {step.said}")
        face.say(f"         {step.command}")

    face.say(
        Text(
            "A simulated plant, a test bench: never a substitute for results on real data.",
            "仿真工厂，仅作试验台：不能替代真实数据上的结果。",
        )
    )
    done = face.run(service.run(Path.cwd(), into=into, language=face.language, progress=face.progress, told=told))
    face.say("")
    face.say(done["verdict"])
    face.say(Text(f"Report:   {done['report']}", f"报告：{done['report']}"))
    face.say(Text(f"Evidence: {done['evidence']}", f"证据：{done['evidence']}"))
    face.say(
        Text(
            "Next, with your own file: diapason init plant-a && cd plant-a && diapason ingest FILE --name NAME",
            "下一步，用你自己的文件：diapason init plant-a && cd plant-a && diapason ingest 文件 --name 名称",
        )
    )
    face.result(done)
    if show and not face.json and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(Path(done["report"]).resolve().as_uri())
