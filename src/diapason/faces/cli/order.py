"""`diapason order`: data work orders to people, what each promises, and whether promises were kept."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.order_book import gain, show
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.workspace import Workspace

__all__ = ["order"]


@command(
    Text(
        "List, place and close data work orders; without a name the order book: promised, delivered, cost, pay-back.",
        "列出、下达和关闭数据任务；不写名称则为任务台账：承诺、实际、费用、回收期。",
    ),
    good="diapason order turbofan --place rows --cost 1200 --by 2027-01-31",
    bad=Text(
        "diapason order turbofan --place gold -> no order 'gold' is proposed for turbofan",
        "diapason order turbofan --place gold -> 没有为 turbofan 提议任务“gold”",
    ),
)
def order(
    face: Face,
    name: Annotated[str, Argument("Dataset; none = the order book", "数据集；不写则为任务台账")] = "",
    *,
    place: Annotated[str, Option("--place", "Proposed order to place: rows", "要下达的提议任务：rows")] = "",
    cost: Annotated[
        float | None, Option("--cost", "What it costs, in your currency", "费用，以本厂货币计", least=0)
    ] = None,
    by: Annotated[str, Option("--by", "Day until which it is to be done: 2027-01-31", "期限：2027-01-31")] = "",
    who: Annotated[str, Option("--who", "Who is to do it; default who acts", "由谁完成；默认操作人")] = "",
    close: Annotated[
        str, Option("--close", "Order to measure and close: turbofan-1", "测量并关闭任务：turbofan-1")
    ] = "",
) -> None:
    """Call the service that was asked for."""
    ws = face.open()
    if not name:
        _book(face, ws, bool(place or close))
    elif place and close:
        raise Misused(
            Text("an order is placed or closed, not both", "下达与关闭不能同时进行"),
            at="--place, --close",
            fix=Text("choose one", "请二选一"),
        )
    elif place:
        _place(face, ws, name, place, {"cost": cost, "by": by, "who": who})
    elif close:
        _close(face, ws, name, close)
    else:
        _list(face, ws, name)


def _book(face: Face, ws: "Workspace", one: bool) -> None:
    from diapason.services import desk

    if one:
        raise Misused(
            Text("NAME is missing", "缺少 NAME"),
            at="NAME",
            fix=Text(
                "say of which dataset: diapason order NAME --place rows",
                "请给出数据集：diapason order 名称 --place rows",
            ),
        )
    show(face, desk.book(ws))


def _list(face: Face, ws: "Workspace", name: str) -> None:
    from diapason.services import order as service

    done = service.listed(ws, name)
    count = len(done["proposed"]), len(done["open"]), len(done["closed"])
    face.say(
        Text(
            f"{done['dataset']}: {count[0]} orders proposed, {count[1]} open, {count[2]} closed.",
            f"{done['dataset']}：提议 {count[0]} 项，未完成 {count[1]} 项，已关闭 {count[2]} 项。",
        )
    )
    if done["factor"] != 1:
        face.say(
            Text(
                f"The doubt of these promises is multiplied by {done['factor']:.2g}, as closed orders taught.",
                f"根据已关闭任务的经验，承诺的不确定度已乘以 {done['factor']:.2g}。",
            )
        )
    if done["proposed"]:
        face.say("")
        heads = (Text("proposed", "提议"), Text("gain (90 %)", "改善（90 %）"), Text("what", "内容"))
        face.table(heads, [(p["id"], gain(face, p["gain"]), p["what"][face.language]) for p in done["proposed"]])
    placed = [*done["open"], *done["closed"]]
    if placed:
        face.say("")
        placed_heads = (
            Text("order", "任务"),
            Text("state", "状态"),
            Text("promised", "承诺"),
            Text("who", "由谁"),
            Text("by", "期限"),
            Text("cost", "费用"),
        )
        face.table(placed_heads, [_row(o, face) for o in placed])
    nxt = _next(done)
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    face.result(done)


def _next(done: Mapping[str, Any]) -> str:
    name = done["dataset"]
    if done["open"]:
        return f"diapason order {name} --close {done['open'][0]['order']}"
    if done["proposed"]:
        return f"diapason order {name} --place {done['proposed'][0]['id']}"
    return f"diapason feasible {name}"


def _row(o: Mapping[str, Any], face: Face) -> tuple[str, ...]:
    states = {"open": Text("open", "未完成"), "closed": Text("closed", "已关闭"), "late": Text("late", "逾期")}
    state = "late" if o["late"] else o["state"]
    cost = "–" if o["cost"] is None else f"{o['cost']:,.0f}"
    return (o["order"], states[state](face.language), gain(face, o["gain"]), o["who"], o["by"] or "–", cost)


def _place(face: Face, ws: "Workspace", name: str, proposal: str, more: Mapping[str, Any]) -> None:
    from diapason.services import order as service

    done = service.place(ws, name, proposal, **more)
    promised = gain(face, done["gain"])
    until = Text(f" until {done['by']}", f"，{done['by']} 前完成") if done["by"] else Text("", "")
    face.say(
        Text(
            f"Placed {done['order']}: {done['what']['en']}, by {done['who']}{until.en}; promised {promised}.",
            f"已下达 {done['order']}：{done['what']['zh']}，由 {done['who']} 负责{until.zh}；承诺 {promised}。",
        )
    )
    nxt = f"diapason order {name} --close {done['order']}"
    face.say(Text(f"Once the data is ingested: {nxt}", f"新数据导入之后：{nxt}"))
    face.result(done)


def _close(face: Face, ws: "Workspace", name: str, number: str) -> None:
    from diapason.services import order as service

    done = service.close(ws, name, number)
    face.say(done["verdict"][face.language])
    face.say(Text("Next: diapason order", "下一步：diapason order"))
    face.result(done)
