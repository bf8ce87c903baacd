"""`diapason payback`: when what was spent is back."""

from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["payback"]


@command(
    Text(
        "Say when the newest effect has paid its costs, with limits, or why that cannot be told.",
        "根据最近一次效果与已登记的费用，给出回本时间及其区间，或说明为何无法判断。",
    ),
    good="diapason payback furnace --rate 0.08 --years 5",
    bad=Text(
        "diapason payback furnace (before effect) -> no effect of furnace was measured",
        "diapason payback furnace（在 effect 之前）-> 尚未测量 furnace 的效果",
    ),
)
def payback(
    face: Face,
    name: Annotated[str, Argument("Dataset", "数据集")],
    *,
    rate: Annotated[
        float | None,
        Option(
            "--rate", "Yearly discount rate, such as 0.08, for a net present value", "年贴现率，如 0.08；用于净现值"
        ),
    ] = None,
    years: Annotated[float, Option("--years", "Span of the net present value", "净现值的年限")] = 5.0,
    price_per_hour: Annotated[
        float | None,
        Option(
            "--price-per-hour",
            "Price of an hour of computing, in the currency of the value",
            "每小时算力价格，币种与价值相同",
            least=0,
        ),
    ] = None,
    exchange: Annotated[
        list[str] | None, Option("--exchange", "EUR=7.8: one of it in the currency of the value", "EUR=7.8：汇率")
    ] = None,
) -> None:
    """Call the service; sentence, table, doubts."""
    from diapason.services import effect as service

    done = service.payback(
        face.open(), name, rate=rate, years=years, price_per_hour=price_per_hour, exchange=exchange or ()
    )
    face.say(wrapped(done["verdict"][face.language]))
    face.say("")
    heads = (Text("what", "项目"), Text("amount", "金额"))
    face.table(heads, _rows(face, done))
    _stands(face, done)
    face.result(done)


def _stands(face: Face, done: Mapping[str, Any]) -> None:
    """What stands against the effect, and which effect and costs it is."""
    if done["doubts"]:
        face.say("")
        face.say(Text("Doubts of the effect:", "效果的存疑之处："))
        for doubt in done["doubts"]:
            face.say(wrapped(f"- {doubt['said'][face.language]}", 2))
    face.say("")
    way = f"diapason cost show {done['name']}"
    when = Text(f" since {done['since']}", f"（自 {done['since']} 起）") if done["since"] else Text("", "")
    face.say(
        wrapped(
            Text(
                f"It stands on the effect on {done['metric']}{when.en} ({done['effect']}); costs: {done['costs']}.",
                f"依据：{done['metric']} 的效果{when.zh}（{done['effect']}）；费用 {done['costs']} 条。",
            )(face.language)
        )
    )
    face.say(Text(f"Next: {way}", f"下一步：{way}"))


def _rows(face: Face, done: Mapping[str, Any]) -> list[tuple[str, str]]:
    own = done["currency"]
    rows = [
        (Text("paid once", "一次性投入"), f"{done['once']:,.0f} {own}"),
        (Text("running, a year", "每年运行费用"), f"{done['running']:,.0f} {own}"),
        (Text("value, a year", "每年价值"), _ranged(done["yearly"], own)),
        (Text("left, a year", "每年净得"), _ranged(done["net"], own)),
    ]
    if done["computed"]:
        price = f"{done['computed']['price_per_hour']:g}"
        what = Text(f"computing in it, at {price} an hour", f"其中算力，每小时 {price}")
        rows.insert(1, (what, f"{done['computed']['amount']:,.2f} {own}"))
    if done["worth"]:
        terms = f"{done['years']:g}", f"{done['rate']:.3g}"
        what = Text(f"net present value, {terms[0]} years at {terms[1]}", f"净现值（{terms[0]} 年，年率 {terms[1]}）")
        rows.append((what, _ranged(done["worth"], own)))
    return [(what(face.language), said) for what, said in rows]


def _ranged(e: Mapping[str, Any], own: str) -> str:
    return f"{e['value']:,.0f} {own} ({e['low']:,.0f} … {e['high']:,.0f})"
