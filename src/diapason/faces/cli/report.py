"""`diapason report`: one HTML file with plots, in English or Chinese."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["report"]


@command(
    Text(
        "Write one self-contained file, HTML or PDF/A: of a dataset, or the enterprise on one page.",
        "写出一个自包含的文件（HTML 或 PDF/A）：某一数据集的报告，或企业一页纸。",
    ),
    good="diapason report turbofan --lang zh --to turbofan.html",
    bad=Text(
        "diapason report nothing -> there is no dataset 'nothing'",
        "diapason report nothing -> 没有数据集“nothing”",
    ),
)
def report(
    face: Face,
    name: Annotated[str, Argument("Dataset; none = the enterprise", "数据集；不写则为企业一页纸")] = "",
    *,
    to: Annotated[Path | None, Option("--to", "File to write, .html or .pdf", "输出文件，.html 或 .pdf")] = None,
    show: Annotated[bool, Option("--open", "Open it in the browser", "在浏览器中打开")] = False,
) -> None:
    """Call the service, say the verdict and where the page is."""
    from diapason.services import enterprise
    from diapason.services import report as service

    ws = face.open()
    done = (
        service.run(ws, name, to=to, language=face.language)
        if name
        else enterprise.run(ws, to=to, language=face.language)
    )
    face.say(done["verdict"])
    face.say(Text(f"Report: {done['file']}", f"报告：{done['file']}"))
    face.result(done)
    if show:
        import webbrowser

        webbrowser.open(Path(done["file"]).resolve().as_uri())
