"""`diapason plant serve`: the embedded plant, live, behind real servers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from diapason.faces.cli.arguments import Misused, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

if TYPE_CHECKING:
    from diapason.services.serve import Pulse, Serving

__all__ = ["plant_serve"]

_TITLES = {"opcua": "OPC UA", "mqtt": "MQTT", "modbus": "Modbus TCP"}


@command(
    Text(
        "Serve the embedded plant, live, over real OPC UA, MQTT / Sparkplug B and Modbus TCP.",
        "以真实的 OPC UA、MQTT / Sparkplug B 与 Modbus TCP 在线提供内置工厂。",
    ),
    good="diapason plant serve --fault cooling_loss@R-101:0.5@60/900",
    bad=Text(
        "diapason plant serve --fault fire@R-101:1 -> no fault 'fire'",
        "diapason plant serve --fault fire@R-101:1 -> 没有故障“fire”",
    ),
)
def plant_serve(  # noqa: PLR0913, PLR0917  # roomy: one parameter for each option of the command
    face: Face,
    only: Annotated[
        list[str] | None, Option("--only", "opcua, mqtt or modbus; may be repeated", "opcua、mqtt 或 modbus，可重复")
    ] = None,
    fault: Annotated[
        list[str] | None,
        Option(
            "--fault",
            "KIND@PLACE:STRENGTH@BEGIN/LENGTH, in s of the plant",
            "类型@位置:强度@起始/时长（工厂秒）",
        ),
    ] = None,
    copies: Annotated[int, Option("--copies", "How many cells", "单元套数", least=1)] = 1,
    days: Annotated[float, Option("--days", "History before it goes live", "上线前的历史天数")] = 7.0,
    speed: Annotated[float, Option("--speed", "Times faster than life", "快于实际的倍数")] = 1.0,
    every: Annotated[float, Option("--every", "Seconds between two readings", "两次读数间隔（秒）")] = 1.0,
    seed: Annotated[int, Option("--seed", "Same seed, same plant", "随机种子", least=0)] = 7,
    port: Annotated[
        list[str] | None, Option("--port", "NAME=NUMBER, or 0 for free ports", "协议=端口，或 0 表示任取空闲端口")
    ] = None,
    broker: Annotated[
        str, Option("--broker", "MQTT broker, such as mqtt://host:1883", "MQTT 代理，如 mqtt://host:1883")
    ] = "",
    keys: Annotated[Path | None, Option("--keys", "Folder of keys and password", "密钥与密码所在文件夹")] = None,
    open: Annotated[  # noqa: A002
        bool, Option("--open", "Also without encryption; everybody may write", "同时提供不加密的端点，任何人可写")
    ] = False,
    seconds: Annotated[
        float, Option("--seconds", "End after so long; 0 = on Ctrl-C", "运行多久后结束；0 为按 Ctrl-C")
    ] = 0.0,
) -> None:
    """Read the options, start, tell the addresses, then a line that lives."""
    from diapason.services import serve

    wishes = serve.Wishes(
        folder=keys or face.folder / "plant-keys",
        only=tuple(only or ()),
        copies=copies,
        days=days,
        speed=speed,
        every=every,
        seed=seed,
        ports=_ports(port or ()),
        open=open,
        broker=broker,
        faults=tuple(serve.planned(one) for one in fault or ()),
    )
    face.progress(Text("Living through the plant's history", "正在生成工厂历史"), -1, "")
    done = face.run(
        serve.run(wishes, ready=lambda made: _ready(face, made), told=lambda p: _pulse(face, p), seconds=seconds)
    )
    face.say(
        Text(
            f"Ended: {done['readings']:,} readings in {done['steps']:,} steps, {done['skipped']} left out.",
            f"已结束：{done['steps']:,} 步共 {done['readings']:,} 个读数，跳过 {done['skipped']} 步。",
        )
    )


def _ready(face: Face, made: "Serving") -> None:
    from diapason.services import serve

    said = serve.described(made)
    face.result(said)
    face.say(
        Text(
            f"The embedded plant is live: {said['tags']:,} tags every {said['every']:g} s. A test bench, not a plant.",
            f"内置工厂已上线：{said['tags']:,} 个位号，每 {said['every']:g} 秒一次。仅作试验台，并非真实数据。",
        )
    )
    face.say("")
    face.table(
        [Text("by", "协议"), Text("address", "地址"), Text("a listener says", "监听方选项")],
        [
            [_TITLES.get(name, name), address, ", ".join(f"{k}={v}" for k, v in said["options"].get(name, {}).items())]
            for name, address in said["addresses"].items()
        ],
    )
    for name, error in made.left_out.items():
        face.say(
            Text(
                f"not {_TITLES.get(name, name)}: {error.said('en')['what']}",
                f"未提供 {_TITLES.get(name, name)}：{error.said('zh')['what']}",
            )
        )
    face.say("")
    if "opcua" in said["addresses"] and not made.wishes.open:
        password = face.quoted(made.wishes.folder / "opcua" / "password")
        face.say(
            Text(
                f"Writing needs the user engineer and the password in {password}",
                f"写入须用户 engineer 及 {password} 中的密码",
            )
        )
    address = said["addresses"].get("opcua") or next(iter(said["addresses"].values()))
    nxt = f"diapason connect {address} --name boiler"
    face.say(Text(f"Next, elsewhere: {nxt}    End: Ctrl-C", f"下一步（另开终端）：{nxt}    结束：Ctrl-C"))


def _pulse(face: Face, pulse: "Pulse") -> None:
    late = Text(f"{pulse.behind * 1000:.0f} ms late", f"滞后 {pulse.behind * 1000:.0f} 毫秒")
    note = Text(
        f"{pulse.steps:,} steps, {pulse.readings:,} readings, {late.en}, {pulse.skipped} left out",
        f"{pulse.steps:,} 步，{pulse.readings:,} 个读数，{late.zh}，跳过 {pulse.skipped} 步",
    )
    face.progress(Text("serving", "正在提供"), -1, note(face.language))


def _ports(said: list[str] | tuple[str, ...]) -> dict[str, int]:
    """`opcua=4841` by protocol; a bare number counts for all others."""
    ports: dict[str, int] = {}
    for one in said:
        name, _, number = one.rpartition("=")
        if not number.isdigit() or int(number) > 65535:
            what = Text(f"'{one}' is no port", f"“{one}”不是端口")
            raise Misused(what, at="--port", fix=Text("write opcua=4840, or 0", "请写成 opcua=4840 或 0"))
        ports[name] = int(number)
    return ports
