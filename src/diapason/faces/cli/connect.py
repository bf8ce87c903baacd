"""`diapason connect`: look at a line, choose tags, keep a file; or show and test a connection."""

from collections.abc import Mapping
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.ingest import options_of
from diapason.vocabulary.language import Text

__all__ = ["connect"]

_SHOWN = 12
_LAYOUTS = {
    "wide": Text("one row per moment", "每个时刻一行"),
    "assets": Text("one row per asset and moment", "每台设备每个时刻一行"),
    "long": Text("one row per reading", "每个读数一行"),
}
_FROM = {
    "source": Text("source", "来源"),
    "name": Text("its name", "名称"),
    "person": Text("a person", "人工"),
    "": Text("", ""),
}


@command(
    Text(
        "Look at live equipment, choose tags by name or meaning, keep a connection; or show and test one.",
        "查看在线设备，按名称或含义选择位号并保存连接；或查看并测试已有连接。",
    ),
    good="diapason connect opc.tcp://127.0.0.1:4840 --name boiler --find temperature",
    bad=Text(
        "diapason connect opc.tcp://nowhere:4840 --name boiler -> no OPC UA server answers",
        "diapason connect opc.tcp://nowhere:4840 --name boiler -> 没有 OPC UA 服务器应答",
    ),
)
def connect(  # roomy: one parameter for each option of the command
    face: Face,
    what: Annotated[str, Argument("Address of a line, or name of a connection", "线路地址或连接名称")] = "",
    name: Annotated[str, Option("--name", "Name of the connection", "连接名称")] = "",
    tags: Annotated[
        list[str] | None, Option("--tags", "Tags by pattern, with * and ?", "按通配符 * 和 ? 选择位号")
    ] = None,
    find: Annotated[str, Option("--find", "Tags by meaning, in either language", "按含义选择位号，中英文均可")] = "",
    under: Annotated[str, Option("--under", "Only below this place", "只浏览此位置之下")] = "",
    most: Annotated[int, Option("--most", "Tags that may be taken", "最多选取的位号数", least=1)] = 500,
    within: Annotated[float, Option("--within", "Seconds that browsing may take", "浏览限时（秒）", least=1)] = 30.0,
    listen: Annotated[float, Option("--listen", "Seconds to listen", "监听时长（秒）", least=0.5)] = 5.0,
    layout: Annotated[str, Option("--layout", "wide, assets or long rows", "行的布局：wide、assets 或 long")] = "",
    option: Annotated[
        list[str] | None,
        Option("--option -o", "Of the connector: topics, security, map …", "连接器选项：topics、security、map 等"),
    ] = None,
) -> None:
    """Call the service and show what was found."""
    from diapason.services import connect as service

    if not what:
        _list(face, service.listed(face.open()))
        return
    if "://" not in what:
        done = face.run(service.show(face.open(), name or what, seconds=listen))
        _show(face, done, tested=True)
        face.result(done)
        return
    if not name:
        raise Misused(
            Text("how is the connection to be called?", "连接叫什么名称？"),
            at="--name",
            fix=Text(f"diapason connect {what} --name boiler", f"diapason connect {what} --name boiler"),
        )
    wish = service.Wish(tuple(tags or ()), find, under, most, within)
    options = options_of(option)
    done = face.run(
        service.connect(face.open(), what, name=name, wish=wish, seconds=listen, how=layout, options=options)
    )
    _show(face, done, tested=False)
    face.result(done)


def _list(face: Face, found: list[dict[str, Any]]) -> None:
    if found:
        heads = [Text("connection", "连接"), Text("address", "地址"), Text("tags", "位号"), Text("rows", "行")]
        face.table(heads, [[c["name"], c["address"], c["tags"], c["layout"]] for c in found])
        face.say("")
    first = found[0]["name"] if found else ""
    nxt = f"diapason connect {first}" if found else "diapason connect opc.tcp://HOST:4840 --name NAME"
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))
    face.result({"connections": found})


def _show(face: Face, done: Mapping[str, Any], *, tested: bool) -> None:
    """The sentence, the tags, the clock, what is open, what comes next."""
    count, spoke = len(done["tags"]), len(done["tags"]) - len(done["silent"])
    seconds = f"{done['heard']['seconds']:g}"
    name = done["name"]
    if tested:
        verdict = Text(f"{name} answers", f"{name} 有应答")
    else:
        offered = f"{done['offered']:,}" + ("" if done["whole"] else "+")
        verdict = Text(f"{name}: {count} of {offered} tags chosen", f"{name}：已选 {count} / {offered} 个位号")
    face.say(
        Text(
            f"{verdict.en}; {spoke} of {count} spoke within {seconds} s.",
            f"{verdict.zh}；{seconds} 秒内有读数的 {spoke} / {count}。",
        )
    )
    _clock(face, done)
    face.say("")
    _tags(face, done)
    how = _LAYOUTS[done["layout"]]
    pace = Text(f", every {done['every']:g} s", f"，每 {done['every']:g} 秒") if done["every"] else Text("", "")
    face.say("")
    face.say(Text(f"Rows: {how.en}{pace.en}  ({done['file']})", f"行：{how.zh}{pace.zh}（{done['file']}）"))
    _open(face, done)
    face.say(
        Text(f"Next: diapason record {name} --to {name}-history", f"下一步：diapason record {name} --to {name}-history")
    )


def _clock(face: Face, done: Mapping[str, Any]) -> None:
    """How far each source's clock is off; told where it matters."""
    off = {s or done["name"]: x for s, x in done["clocks"].items() if abs(x) >= 0.5}
    if not done["clocks"]:
        face.say(Text("Nothing was heard: its clock is not known.", "没有收到读数，时钟偏差未知。"))
    for source, seconds in list(off.items())[:5]:
        side = Text("behind", "慢") if seconds > 0 else Text("ahead of", "快")
        face.say(
            Text(
                f"The clock of {source} is {abs(seconds):.3g} s {side.en} ours, delay included.",
                f"{source} 的时钟比本机{side.zh} {abs(seconds):.3g} 秒（含传输延迟）。",
            )
        )
    if done["clocks"] and not off:
        worst = max(done["clocks"].values(), key=abs)
        face.say(Text(f"Clocks agree within {abs(worst):.3g} s.", f"时钟相差不超过 {abs(worst):.3g} 秒。"))


def _tags(face: Face, done: Mapping[str, Any]) -> None:
    heads = [
        *(Text("tag", "位号"), Text("unit", "单位"), Text("says", "依据"), Text("range", "量程")),
        *(Text("seen", "所见"), Text("every", "间隔")),
    ]
    rows = []
    for tag in done["tags"][:_SHOWN]:
        low, high = (("–" if tag[k] is None else f"{tag[k]:g}") for k in ("low", "high"))
        seen = f"{tag['seen'][0]:g}…{tag['seen'][1]:g}" if tag["seen"] else "–"
        every = f"{tag['every']:g} s" if tag["every"] else "–"
        limits = "" if low == high == "–" else f"{low}…{high}"
        rows.append(
            [tag["tag"][:28], tag["unit"], _FROM.get(tag["unit_from"], _FROM[""])(face.language), limits, seen, every]
        )
    face.table(heads, rows)
    rest = len(done["tags"]) - _SHOWN
    if rest > 0:
        face.say(Text(f"… and {rest:,} more, see the file", f"… 另有 {rest:,} 个，见文件"))


def _open(face: Face, done: Mapping[str, Any]) -> None:
    if done["silent"]:
        listed = ", ".join(done["silent"][:4])
        face.say(wrapped(Text(f"Silent so far: {listed}", f"暂无读数：{listed}")(face.language), indent=2))
    for tag in done.get("absent", ())[:4]:
        face.say(Text(f"Gone: the source knows no '{tag}' any more", f"已消失：来源中不再有“{tag}”"))
    if done["guesses"]:
        pairs = ", ".join(f"{g['tag']} {g['unit']}?" for g in done["guesses"][:4])
        face.say(
            wrapped(
                Text(
                    f"Units not known of {len(done['guesses'])} tags; by name and values: {pairs} Write them into the file.",
                    f"{len(done['guesses'])} 个位号单位未知；按名称与数值推测：{pairs} 请写入文件。",
                )(face.language),
                indent=2,
            )
        )
