"""`diapason statement`: what data brought and cost in a month, on one page."""

from pathlib import Path
from typing import Annotated

from diapason.faces.cli.arguments import Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["statement"]


@command(
    Text(
        "Write the data profit and loss of a month: proven gains, costs, what is left, use, what fell.",
        "写出某月的数据损益表：已证实收益、成本、净额、使用与失效。",
    ),
    good="diapason statement --month 2026-11 --currency CNY --to november.pdf",
    bad=Text(
        "diapason statement --month 2031-13 -> '2031-13' is no month",
        "diapason statement --month 2031-13 -> “2031-13”不是月份",
    ),
)
def statement(
    face: Face,
    *,
    month: Annotated[str, Option("--month", "Month: 2026-11", "月份：2026-11")],
    to: Annotated[Path | None, Option("--to", "File to write, .html or .pdf", "输出文件，.html 或 .pdf")] = None,
    currency: Annotated[
        str, Option("--currency", "Of the statement; orders count only in it", "报表币种；任务费用以此计入")
    ] = "",
    exchange: Annotated[list[str] | None, Option("--exchange", "Rate: EUR=7.8", "汇率：EUR=7.8")] = None,
    price_per_hour: Annotated[
        float | None, Option("--price-per-hour", "Of an hour of computing", "每小时算力价格", least=0)
    ] = None,
    show: Annotated[bool, Option("--open", "Open it in the browser", "在浏览器中打开")] = False,
) -> None:
    """Call the service, say the verdict and where the page is."""
    from diapason.services import desk as service

    done = service.statement(
        face.open(),
        month,
        to=to,
        language=face.language,
        currency=currency,
        exchange=exchange or (),
        price_per_hour=price_per_hour,
    )
    face.say(wrapped(done["verdict"][face.language]))
    out = [g for g in done["gains"] if not g["counts"]]
    if out:
        face.say(Text(f"{len(out)} effects do not count; the page says why.", f"{len(out)} 项效果未计入，原因见报表。"))
    face.say(Text(f"Statement: {done['file']} (run {done['run']})", f"报表：{done['file']}（运行 {done['run']}）"))
    face.result(done)
    if show:
        import webbrowser

        webbrowser.open(Path(done["file"]).resolve().as_uri())
