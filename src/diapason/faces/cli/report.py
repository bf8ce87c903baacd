"""`diapason report`: one HTML file with plots, in English or Chinese."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["report"]


@command(
    Text("Write one self-contained HTML file: verdict, picture, table.", "写出一个自包含的 HTML 报告：结论、图、表。"),
    good="diapason report turbofan --lang zh --to turbofan.html",
    bad=Text(
        "diapason report nothing -> there is no dataset 'nothing'",
        "diapason report nothing -> 没有数据集“nothing”",
    ),
)
def report(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    to: Annotated[Path | None, Option("--to", "File to write", "输出文件")] = None,
    show: Annotated[bool, Option("--open", "Open it in the browser", "在浏览器中打开")] = False,
) -> None:
    """Call the service, say the verdict and where the page is."""
    from diapason.services import report as service

    done = service.run(face.open(), name, to=to, language=face.language)
    face.say(done["verdict"])
    face.say(Text(f"Report: {done['file']}", f"报告：{done['file']}"))
    face.result(done)
    if show:
        import webbrowser

        webbrowser.open(Path(done["file"]).resolve().as_uri())
