"""`diapason record`: a line into the lake, with an account that closes; `--status` shows it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from diapason.errors import DataError
from diapason.faces.cli.arguments import Argument, Misused, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.faces.cli.stopping import stopping
from diapason.vocabulary.language import Text
from diapason.vocabulary.spans import seconds as seconds_of

__all__ = ["balance_line", "record"]

_WIDE = 40
_SHOWN = 20


@command(
    Text(
        "Record live equipment into a dataset, with an account of every reading; a restart goes on.",
        "将在线设备录入数据集，逐条记账；重启后自动续录。",
    ),
    good="diapason record boiler --to boiler-history --for 10m",
    bad=Text(
        "diapason record nobody --to x -> there is no connection 'nobody'",
        "diapason record nobody --to x -> 没有连接“nobody”",
    ),
)
def record(  # roomy: one parameter for each option of the command
    face: Face,
    name: Annotated[str, Argument("Connection", "连接")] = "",
    to: Annotated[str, Option("--to", "Dataset", "数据集")] = "",
    last: Annotated[
        str,
        Option(
            "--for", "How long, such as 90s, 10m, 8h; without: until stopped", "时长，如 90s、10m、8h；不写则直到停止"
        ),
    ] = "",
    every: Annotated[float, Option("--every", "Seconds between two versions", "两个版本的间隔（秒）", least=1)] = 60.0,
    status: Annotated[bool, Option("--status", "Show the account", "查看账目")] = False,
    since: Annotated[
        str,
        Option("--since", "Of the source's history: 8h ago, or a time", "取历史数据：起点，如 8h（8 小时前）或时间"),
    ] = "",
    until: Annotated[str, Option("--until", "History up to there; else now", "历史终点；默认现在")] = "",
) -> None:
    """Record until stopped, or show how a recording stands."""
    from diapason.services import record as service
    from diapason.services.connect import connection

    if status:
        _status(face, name)
        return
    if not name:
        raise Misused(
            Text("which connection?", "录制哪个连接？"),
            at="diapason record",
            fix=Text("diapason record boiler --to boiler-history", "diapason record boiler --to boiler-history"),
        )
    if last and since:
        raise Misused(
            Text("--for listens, --since looks back", "--for 用于监听，--since 用于回溯"),
            at="--for",
            fix=Text("say one of them; history ends at --until", "二者择一；历史终点用 --until"),
        )
    seconds = seconds_of(last, at="--for") if last else None
    workspace = face.open()
    connection(workspace, name)  # a name that is none is refused before anything is said to begin
    stretch = _stretch(workspace.clock(), since, until)
    if stretch["since"] is None:
        _begins(face, name)
    with stopping() as stop:
        pace = service.Pace(seconds=every)
        story = service.run(
            workspace, name, to=to, seconds=seconds, pace=pace, stop=stop, tell=lambda e: _event(face, e), **stretch
        )
        done = face.run(story)
    _ended(face, done)
    face.result(done)


def _begins(face: Face, name: str) -> None:
    face.aside(
        Text(
            f"Recording {name}. Ctrl-C ends it; what was received is kept, and the same command goes on.",
            f"正在录制 {name}。按 Ctrl-C 结束；已接收的数据都会保留，再次执行同一命令即可续录。",
        )
    )


def _stretch(now: datetime, since: str, until: str) -> dict[str, datetime | None]:
    """A stretch of history, from a length of time before now or a moment (local where it names no zone)."""
    if until and not since:
        raise Misused(
            Text("--until goes with --since", "--until 须与 --since 同用"),
            at="--until",
            fix=Text("--since 8h, or a time such as 2026-11-29T06:00", "--since 8h，或时间如 2026-11-29T06:00"),
        )
    ends = {"since": _moment(now, since, "--since"), "until": _moment(now, until, "--until")}
    if ends["since"] is not None and not ends["since"] < (ends["until"] or now.astimezone(UTC)):
        raise Misused(
            Text("the stretch of history has no length", "历史时段长度为零"),
            at="--since",
            fix=Text("--since before --until, and before now", "--since 须早于 --until 和现在"),
        )
    return ends


def _moment(now: datetime, said: str, at: str) -> datetime | None:
    if not said:
        return None
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except ValueError:
        try:
            return now.astimezone(UTC) - timedelta(seconds=seconds_of(said, at=at))
        except DataError as error:
            fix = Text("write 8h (ago), or a time: 2026-11-29T06:00", "请写 8h（8 小时前），或时间：2026-11-29T06:00")
            raise DataError(Text(f"'{said}' is no time", f"“{said}”不是时间"), at=at, fix=fix) from error


def balance_line(totals: Mapping[str, Any]) -> Text:
    """Sent = stored + rejected + dropped."""
    sent, stored, rejected, dropped = (f"{totals[k]:,}" for k in ("sent", "stored", "rejected", "dropped"))
    return Text(
        f"{sent} sent = {stored} stored + {rejected} rejected + {dropped} dropped",
        f"发送 {sent} = 入库 {stored} + 拒收 {rejected} + 丢失 {dropped}",
    )


def _bar(b: Mapping[str, Any], columns: int) -> str:
    """Shares as a line of signs; whatever is there is seen, however little."""
    parts = {"█": b["stored"], "r": b["rejected"], "x": b["dropped"], "?": abs(b["unexplained"])}
    total = sum(parts.values()) or 1
    rest = {sign: max(round(count / total * columns), 1) for sign, count in parts.items() if count and sign != "█"}
    return "█" * (max(columns - sum(rest.values()), 1) if b["stored"] else 0) + "".join(s * n for s, n in rest.items())


def _event(face: Face, event: Mapping[str, Any]) -> None:
    if event["event"] == "trouble":
        face.aside(Text(f"Waiting: {event['words'].splitlines()[0]}", f"等待中：{event['words'].splitlines()[0]}"))
        return
    said = balance_line(event["account"]["totals"])
    version = event["version"]
    face.say(Text(f"{version}  {event['rows']:,} rows; {said.en}", f"{version}  {event['rows']:,} 行；{said.zh}"))


def _ended(face: Face, done: Mapping[str, Any]) -> None:
    totals = done["account"]["totals"]
    said = balance_line(totals)
    face.say(
        Text(
            f"{done['dataset']}: {done['rows']:,} rows in {done['seconds']:g} s. {said.en}.",
            f"{done['dataset']}：{done['seconds']:g} 秒共 {done['rows']:,} 行。{said.zh}。",
        )
    )
    _picture(face, done["account"])
    if without := done.get("history", {}).get("without"):
        named = ", ".join([*without[:5], *("…" for _ in without[5:6])])
        face.say(
            Text(
                f"The source remembers nothing of {len(without)} tags: {named}",
                f"源端没有 {len(without)} 个位号的历史：{named}",
            )
        )
    if done["waiting"]:
        face.say(
            Text(
                f"{done['waiting']:,} packets wait in the spool for the lake; the next start takes them along.",
                f"{done['waiting']:,} 个数据包仍在缓存中，下次启动时自动入湖。",
            )
        )
    dataset = done["dataset"].partition("@")[0]
    face.say(Text(f"Next: diapason assess {dataset}", f"下一步：diapason assess {dataset}"))


def _status(face: Face, name: str) -> None:
    """One recording in full, or a line for each."""
    from diapason.services import record as service

    workspace = face.open()
    if not name:
        found = service.brief(workspace)
        lines(face, found)
        face.result({"recordings": found})
        return
    done = service.view(workspace, name)
    totals = done["account"]["totals"]
    state = Text("is being recorded into", "正在录入") if done["running"] else Text("was recorded into", "已录入")
    closes = Text("every reading is accounted for", "每个读数都有去向")
    if totals["unexplained"]:
        closes = Text(
            f"{totals['unexplained']:,} readings are unexplained", f"{totals['unexplained']:,} 个读数去向不明"
        )
    face.say(
        Text(
            f"{name} {state.en} {done['version'] or done['dataset']}; {closes.en}.",
            f"{name} {state.zh} {done['version'] or done['dataset']}；{closes.zh}。",
        )
    )
    _picture(face, done["account"])
    _tags(face, done["account"])
    _more(face, done)
    face.result(done)


def lines(face: Face, found: list[dict[str, Any]]) -> None:
    """A line for each recording, with its balance."""
    for one in found:
        if "error" in one:
            face.say(f"{one['connection']}: {one['error']}")
            continue
        said = balance_line(one["totals"])
        state = Text("recording", "录制中") if one["running"] else Text("stopped", "已停止")
        face.say(
            wrapped(
                Text(
                    f"{one['connection']} → {one['version'] or one['dataset']} ({state.en}): {said.en}",
                    f"{one['connection']} → {one['version'] or one['dataset']}（{state.zh}）：{said.zh}",
                )(face.language),
                indent=2,
            )
        )
    if not found:
        face.say(Text("Nothing was recorded yet. Next: diapason connect", "尚未录制。下一步：diapason connect"))


def _picture(face: Face, account: Mapping[str, Any]) -> None:
    totals = account["totals"]
    face.say("")
    face.say(f"{_bar(totals, _WIDE)}  {balance_line(totals)(face.language)}")
    if totals["rejected"] or totals["dropped"]:
        face.say(Text("█ stored  r rejected  x dropped", "█ 入库  r 拒收  x 丢失"))
    face.say("")


def _tags(face: Face, account: Mapping[str, Any]) -> None:
    """Tags of which something is not stored, the worst first; the others counted."""
    odd = [t for t in account["tags"] if t["sent"] != t["stored"]]
    odd.sort(key=lambda t: t["stored"] - t["sent"])
    fine = len(account["tags"]) - len(odd)
    if odd:
        heads: list[Text | str] = [
            *(Text("tag", "位号"), Text("sent", "发送"), Text("= stored", "= 入库"), Text("+ rejected", "+ 拒收")),
            *(Text("+ dropped", "+ 丢失"), ""),
        ]
        counts = ("sent", "stored", "rejected", "dropped")
        face.table(heads, [[t["tag"][:28], *(f"{t[k]:,}" for k in counts), _bar(t, 16)] for t in odd[:_SHOWN]])
    if len(odd) > _SHOWN:
        face.say(Text(f"… and {len(odd) - _SHOWN:,} more: --json", f"… 另有 {len(odd) - _SHOWN:,} 个：--json"))
    if fine:
        face.say(Text(f"{fine:,} tags: all that was sent is stored.", f"{fine:,} 个位号：发送的全部入库。"))


def _more(face: Face, done: Mapping[str, Any]) -> None:
    """Reasons, repetitions, clocks, and what waits."""
    account, totals = done["account"], done["account"]["totals"]
    for head, found in (
        (Text("Rejected", "拒收"), account["rejected_because"]),
        (Text("Dropped", "丢失"), account["dropped_because"]),
    ):
        if found:
            listed = ", ".join(f"{word} {count:,}" for word, count in found.items())
            face.say(Text(f"{head.en}: {listed}", f"{head.zh}：{listed}"))
    face.say(
        Text(
            f"{totals['duplicates']:,} came again and were left out, {totals['late']:,} came late and were stored.",
            f"重复 {totals['duplicates']:,} 个（未重复入库），迟到 {totals['late']:,} 个（已入库）。",
        )
    )
    for source, clock in list(account["clocks"].items())[:5]:
        if clock["behind_s"] is None:
            continue
        drift = "" if clock["drift_ppm"] is None else f", {clock['drift_ppm']:+g} ppm"
        steps = len(clock["steps"])
        set_ = Text(f", set {steps} times" if steps else "", f"，被调整 {steps} 次" if steps else "")
        who = source or done["connection"]
        face.say(
            Text(
                f"Clock of {who}: {clock['behind_s']:+g} s behind{drift}{set_.en}.",
                f"{who} 的时钟：落后 {clock['behind_s']:+g} 秒{drift}{set_.zh}。",
            )
        )
    if done["waiting"]:
        face.say(
            Text(
                f"{done['waiting']:,} packets are on disk and not yet in the lake.",
                f"{done['waiting']:,} 个数据包已落盘，尚未入湖。",
            )
        )
    if done["quarantine"]:
        nxt = f"diapason quarantine {done['dataset']}"
        face.say(
            Text(f"{done['quarantine']:,} readings are set aside: {nxt}", f"隔离读数 {done['quarantine']:,} 个：{nxt}")
        )
