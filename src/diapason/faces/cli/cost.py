"""`diapason cost`: the cost ledger."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["cost"]


class Action(StrEnum):
    """What can be done with costs."""

    ADD = "add"
    SHOW = "show"
    WITHDRAW = "withdraw"


class _Kind(StrEnum):
    COMPUTE = "compute"
    HOURS = "hours"
    TOKENS = "tokens"
    LICENCE = "licence"
    HARDWARE = "hardware"
    OTHER = "other"


class _Per(StrEnum):
    ONCE = "once"
    MONTH = "month"
    YEAR = "year"


_PER = {"once": Text("once", "一次性"), "month": Text("a month", "每月"), "year": Text("a year", "每年")}
_KIND = {
    "compute": Text("compute", "算力"),
    "hours": Text("working hours", "工时"),
    "tokens": Text("tokens", "词元"),
    "licence": Text("licence", "许可"),
    "hardware": Text("hardware", "硬件"),
    "other": Text("other", "其他"),
}


@command(
    Text(
        "Write down what something cost, show all costs, or take an entry back.",
        "登记费用、查看全部费用，或撤回一条费用。",
    ),
    good='diapason cost add --of furnace --kind licence --amount 9000 --currency CNY --per year --note "historian"',
    bad=Text(
        "diapason cost add --of furnace --kind hours --amount -5 --currency CNY -> --amount cannot be '-5'",
        "diapason cost add --of furnace --kind hours --amount -5 --currency CNY -> --amount 不能是“-5”",
    ),
)
def cost(  # noqa: PLR0913  # roomy: one parameter for each option of the command
    face: Face,
    action: Annotated[Action, Argument("add, show or withdraw", "add 登记、show 查看、withdraw 撤回")] = Action.SHOW,
    what: Annotated[str, Argument("show: dataset; withdraw: number of the entry", "查看：数据集；撤回：条目号")] = "",
    *,
    of: Annotated[str, Option("--of", "add: dataset", "登记：数据集")] = "",
    kind: Annotated[_Kind | None, Option("--kind", "add: what for", "登记：用途类别")] = None,
    amount: Annotated[
        float | None, Option("--amount", "add: money, for the whole of it", "登记：总金额", least=0)
    ] = None,
    currency: Annotated[str, Option("--currency", "CNY, EUR", "币种：CNY、EUR")] = "",
    per: Annotated[_Per, Option("--per", "add: how often it comes", "登记：发生频率")] = _Per.ONCE,
    hours: Annotated[float | None, Option("--hours", "add: hours it stands for", "登记：对应工时数", least=0)] = None,
    give_or_take: Annotated[
        float,
        Option("--give-or-take", "add: how wrong the amount may be (90 %)", "登记：金额的可能误差（90 %）", least=0),
    ] = 0.0,
    note: Annotated[str, Option("--note", "add: what it was", "登记：说明")] = "",
    because: Annotated[str, Option("--because", "withdraw: why", "撤回：理由")] = "",
    price_per_hour: Annotated[
        float | None,
        Option(
            "--price-per-hour",
            "show: price of an hour of computing; without it seconds stay seconds",
            "查看：每小时算力价格；不给则只列秒数",
            least=0,
        ),
    ] = None,
) -> None:
    """Call the service that was asked for."""
    if action is Action.ADD:
        _needs("--of", of or what)
        _needs("--kind", kind)
        _needs("--amount", amount)
        _needs("--currency", currency)
        said = {"kind": kind, "amount": amount, "currency": currency, "per": per, "hours": hours}
        _add(face, face.open(), of or what, said | {"give_or_take": give_or_take, "note": note})
    elif action is Action.WITHDRAW:
        _withdraw(face, face.open(), what, because)
    else:
        _show(face, face.open(), what or of, price_per_hour, currency)


def _needs(flag: str, value: object) -> None:
    if value in (None, ""):
        raise Misused(
            Text(f"{flag} is missing", f"缺少 {flag}"),
            at=flag,
            fix="diapason cost add --of furnace --kind hours --amount 12000 --currency CNY",
        )


def _add(face: Face, ws: "Workspace", of: str, said: Mapping[str, Any]) -> None:
    from diapason.services import effect as service

    told: dict[str, Any] = {k: v.value if isinstance(v, StrEnum) else v for k, v in said.items()}
    done = service.add_cost(ws, of, **told)
    per, money = _PER[done["per"]], f"{done['amount']:,.2f} {done['currency']}"
    face.say(
        Text(
            f"Entry {done['entry']}: {money} {per.en} of {done['of']} for {_KIND[done['kind']].en}, "
            f"written down by {done['person']}.",
            f"条目 {done['entry']}：{done['of']} 的{_KIND[done['kind']].zh}费用 {money}（{per.zh}），"
            f"由 {done['person']} 登记。",
        )
    )
    face.say(Text(f"Next: diapason payback {done['of']}", f"下一步：diapason payback {done['of']}"))
    face.result(done)


def _withdraw(face: Face, ws: "Workspace", what: str, because: str) -> None:
    from diapason.services import effect as service

    if not what.isdecimal():
        raise Misused(
            Text(f"'{what}' is no number of an entry", f"“{what}”不是条目号"),
            at="ENTRY",
            fix=Text("diapason cost show lists the numbers", "diapason cost show 会列出条目号"),
        )
    done = service.withdraw_cost(ws, int(what), because=because)
    money = f"{done['amount']:,.2f} {done['currency']}"
    face.say(
        Text(
            f"Entry {done['entry']} ({money} of {done['of']}) no longer counts; both stay in the ledger.",
            f"条目 {done['entry']}（{done['of']}，{money}）不再计入；原条目与撤回记录均保留在账本中。",
        )
    )
    face.result(done)


def _show(face: Face, ws: "Workspace", name: str, price: float | None, currency: str) -> None:
    from diapason.services import effect as service

    done = service.costs(ws, name, price_per_hour=price, currency=currency)
    if done["costs"]:
        heads = (
            Text("entry", "条目"),
            Text("of", "对象"),
            Text("kind", "类别"),
            Text("amount", "金额"),
            Text("per", "频率"),
            Text("who", "登记人"),
            Text("note", "说明"),
        )
        face.table(heads, [_row(c, face) for c in done["costs"]])
    else:
        face.say(Text("No cost was written down.", "尚未登记任何费用。"))
    for own, by in done["sums"].items():
        parts_en = ", ".join(f"{v:,.2f} {_PER[k].en}" for k, v in by.items() if v)
        parts_zh = "、".join(f"{_PER[k].zh} {v:,.2f}" for k, v in by.items() if v)
        face.say(Text(f"In all, {own}: {parts_en or '0'}.", f"合计（{own}）：{parts_zh or '0'}。"))
    _metered(face, done)
    face.result(done)


def _metered(face: Face, done: Mapping[str, Any]) -> None:
    """What runs say they computed: seconds, and money only where a price was given."""
    if not done["metered"]:
        return
    lines = [f"{m['verb']} {m['seconds']:,.1f} s" for m in done["metered"]]
    face.say(
        Text(
            f"Computed besides, as finished runs say: {', '.join(lines)}; {done['seconds']:,.1f} s in all.",
            f"另据已完成的运行，计算用时：{'、'.join(lines)}；共 {done['seconds']:,.1f} 秒。",
        )
    )
    if done["priced"]:
        money = f"{done['priced']['amount']:,.2f} {done['priced']['currency']}"
        face.say(Text(f"At your price per hour that is {money}.", f"按所给每小时价格合 {money}。"))


def _row(c: Mapping[str, Any], face: Face) -> tuple[str, ...]:
    money = f"{c['amount']:,.2f} {c['currency']}"
    if c["give_or_take"]:
        money += f" ± {c['give_or_take']:,.2f}"
    note = c["note"] or (f"{c['hours']:g} h" if c["hours"] else "–")
    said = _KIND[c["kind"]](face.language), money, _PER[c["per"]](face.language)
    return (str(c["entry"]), c["of"], *said, c["person"], note)
