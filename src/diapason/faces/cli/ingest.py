"""`diapason ingest`: bring tables in, say what was assumed, ask what is not clear."""

import sys
from typing import Annotated, Any

from diapason.errors import DataError, Unsure
from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text
from diapason.vocabulary.questions import quoted

__all__ = ["ingest", "options_of"]

_ROLES = ("asset", "time", "target", "batch")


@command(
    Text(
        "Bring in tables: CSV, text, Parquet, Excel, JSON Lines, line protocol, or a database.",
        "导入数据表：CSV、文本、Parquet、Excel、JSON Lines、行协议，或数据库。",
    ),
    good="diapason ingest engines.csv --name turbofan --asset unit --time cycle --target rul",
    bad=Text(
        "diapason ingest engnes.csv --name turbofan -> there is no such file or folder; did you mean engines.csv?",
        "diapason ingest engnes.csv --name turbofan -> 没有这个文件或文件夹；是否想写 engines.csv？",
    ),
)
def ingest(  # noqa: PLR0913, PLR0917  # roomy: one parameter for each option of the command
    face: Face,
    source: Annotated[str, Argument("File, folder, pattern, or database", "文件、文件夹、通配符或数据库地址")],
    name: Annotated[str, Option("--name", "Name of the dataset", "数据集名称")],
    asset: Annotated[str, Option("--asset", "Column (name or number) of the asset", "设备列（列名或列号）")] = "",
    time: Annotated[str, Option("--time", "Column of the time", "时间列")] = "",
    target: Annotated[
        str, Option("--target", "Column to predict; A+B+C joins flags", "要预测的列；A+B+C 合并标志列")
    ] = "",
    batch: Annotated[str, Option("--batch", "Column of batch, heat or recording", "批次、炉次或记录的列")] = "",
    leak: Annotated[
        list[str] | None, Option("--leak", "Column known only after the target", "目标已知之后才知道的列")
    ] = None,
    columns: Annotated[str, Option("--columns", "Names a,b,c where there is no header", "无表头时的列名 a,b,c")] = "",
    units: Annotated[list[str] | None, Option("--units", "COLUMN=UNIT, …", "列=单位，…")] = None,
    run_to_failure: Annotated[
        bool, Option("--run-to-failure", "Assets end in failure: derive rul", "设备运行至失效：推导剩余寿命 rul")
    ] = False,
    sheet: Annotated[str, Option("--sheet", "Sheet of a workbook; * for all as one", "工作表；* 表示全部合并")] = "",
    query: Annotated[str, Option("--query", "Of a database: one SELECT", "数据库：一条 SELECT")] = "",
    table: Annotated[str, Option("--table", "Of a database: a table or view", "数据库：表或视图")] = "",
    since: Annotated[
        str,
        Option(
            "--since", "Of a database: append rows beyond the last of this column", "数据库：只追加该列最大值之后的行"
        ),
    ] = "",
    precision: Annotated[str, Option("--precision", "Line protocol: ns, us, ms, s", "行协议：ns、us、ms、s")] = "",
    append: Annotated[bool, Option("--append", "Add to the newest version", "追加到最新版本")] = False,
    transpose: Annotated[bool, Option("--transpose", "The file has its columns as lines", "文件行列互换")] = False,
    option: Annotated[
        list[str] | None,
        Option(
            "--option -o",
            "How to read: encoding, separator, decimal, date_order …",
            "如何读取：encoding、separator、decimal、date_order 等",
        ),
    ] = None,
) -> None:
    """Call the service, ask on a terminal what only a person can say, tell what was stored."""
    said: dict[str, Any] = {"asset": asset, "time": time, "target": target, "batch": batch}
    said = {key: value or None for key, value in said.items()}
    said |= {"leak": leak or (), "columns": columns or None, "units": _pairs(units, "--units"), "append": append}
    said |= {"run_to_failure": run_to_failure, "since": since}
    named = {"sheet": sheet, "query": query, "table": table, "precision": precision}
    named |= {"transpose": "yes" if transpose else ""}
    said["options"] = options_of(option) | {key: value for key, value in named.items() if value}
    done = _ingested(face, source, name, said)
    if _may_ask(face) and _ask_roles(face, done, said):
        done = _ingested(face, source, name, said)
    _tell(face, done, name)
    face.result(done)


def _ingested(face: Face, source: str, name: str, said: dict[str, Any]) -> dict[str, Any]:
    """Ingest; on a terminal, put the questions of the service to the person."""
    from diapason.services import guard as service

    workspace = face.open()
    for _ in range(8):
        try:
            return face.run(service.bring(workspace, source, name=name, asking=_may_ask(face), **said))
        except Unsure as unsure:
            if not _may_ask(face) or not unsure.questions:
                raise
            for question in unsure.questions:
                _take(said, question.key, _asked(face, question.text, [(c.value, c.means) for c in question.choices]))
    raise DataError(
        Text("the answers lead to the same question again", "回答之后仍是同样的问题"),
        at=source,
        fix=Text("name the options on the command line", "请在命令行中给出选项"),
    )


def _ask_roles(face: Face, done: dict[str, Any], said: dict[str, Any]) -> bool:
    """Ask for roles that are not clear; an empty answer leaves them open."""
    answered = False
    for question in done["questions"]:
        if question["key"] in _ROLES and question["choices"]:
            choices = [(c["value"], Text(**c["means"])) for c in question["choices"]]
            answer = _asked(face, Text(**question["text"]), [*choices, ("", Text("leave it open", "暂不指定"))])
            answered = bool(answer) or answered
            if answer:
                _take(said, question["key"], answer)
    return answered


def _asked(face: Face, text: Text, choices: list[tuple[str, Text]]) -> str:
    face.say(text)
    for number, (value, means) in enumerate(choices, start=1):
        shown = f"{value}: {means(face.language)}" if value and means(face.language) != value else means(face.language)
        face.say(f"  {number}  {shown}")
    by_number = {str(number): value for number, (value, _) in enumerate(choices, start=1)}
    answer = face.ask(Text("number", "编号"))
    while answer not in by_number:
        face.say(Text(f"a number from 1 to {len(choices)}, please", f"请输入 1 到 {len(choices)} 的编号"))
        answer = face.ask(Text("number", "编号"))
    return by_number[answer]


def _take(said: dict[str, Any], key: str, value: str) -> None:
    """Put an answer where the service takes it."""
    place, _, inner = key.partition(".")
    if inner:
        said[place] = {**said.get(place, {}), inner: value}
    else:
        said[key] = value


def _may_ask(face: Face) -> bool:
    return not face.json and sys.stdin.isatty() and sys.stdout.isatty()


def _pairs(given: list[str] | None, flag: str) -> dict[str, str]:
    """`column=unit`, several in one word or in several."""
    pairs = [part.partition("=") for word in given or () for part in word.split(",")]
    for key, equals, value in pairs:
        if not (key.strip() and equals and value.strip()):
            raise DataError(
                Text(f"'{key}{equals}{value}' is not COLUMN=VALUE", f"“{key}{equals}{value}”不是 列名=值"),
                at=flag,
                fix=Text(f"write {flag} T_in=Cel,p=bar", f"请写成 {flag} T_in=Cel,p=bar"),
            )
    return {key.strip(): value.strip() for key, _, value in pairs}


def options_of(given: list[str] | None) -> dict[str, str]:
    """`name=value`, one in each word."""
    options: dict[str, str] = {}
    for word in given or ():
        key, equals, value = word.partition("=")
        if not equals:
            raise DataError(
                Text(f"'{word}' is not OPTION=VALUE", f"“{word}”不是 选项=值"),
                at="-o",
                fix=Text("write -o separator=tab -o decimal=comma", "请写成 -o separator=tab -o decimal=comma"),
            )
        options[key.strip()] = value
    return options


def _tell(face: Face, done: dict[str, Any], name: str) -> None:
    """The sentence, what was assumed, the columns, what is open, and what comes next."""
    face.say(_sentence(done))
    for why in done["rejected_because"][:3] if not done["same"] else ():
        face.say(f"  {why['rows']:>9,}  {why['reason'][face.language]}")
    if not done["same"]:
        _judged(face, done, name)
        _assumed(face, done)
    face.say("")
    _columns(face, done)
    _open(face, done)
    face.say("")
    face.say(
        Text(f"Contract: {done['contract_file']} (edit it, it counts)", f"合约：{done['contract_file']}（可修改）")
    )
    face.say(Text(f"Next: diapason assess {name}", f"下一步：diapason assess {name}"))


def _sentence(done: dict[str, Any]) -> Text:
    stored, refused, beside = f"{done['rows']:,}", f"{done['rejected']:,}", done["rejected_dataset"]
    if done.get("nothing_new"):
        return Text(
            f"{done['dataset']}: no newer rows; no new version.", f"{done['dataset']}：没有更新的行，未生成新版本。"
        )
    if done["same"]:
        more = Text("; its contract has changed", "；合约已更新") if done["contract_changed"] else Text("", "")
        return Text(
            f"{done['dataset']} holds these very bytes already: no new version{more.en}.",
            f"{done['dataset']} 已包含完全相同的数据，未生成新版本{more.zh}。",
        )
    kept = Text(f", kept in {beside}", f"，保存在 {beside}") if beside else Text("", "")
    aside = Text("", "")
    if done["quarantined"]:
        count, where = f"{done['quarantined']:,}", done["quarantine_dataset"]
        aside = Text(f", {count} set aside in {where}", f"，隔离 {count} 行，保存在 {where}")
    return Text(
        f"{done['dataset']}: {stored} rows stored, {refused} refused{kept.en}{aside.en}; {done['seen']:,} seen.",
        f"{done['dataset']}：存储 {stored} 行，拒收 {refused} 行{kept.zh}{aside.zh}；共读到 {done['seen']:,} 行。",
    )


def _judged(face: Face, done: dict[str, Any], name: str) -> None:
    """Rules that were broken, faults that are new, incidents that were opened."""
    from diapason.faces.cli.guard import broken_lines

    for line in broken_lines((done["guard"] or {}).get("broken", []), done["faults"], face.language):
        face.say(line)
    if done["incidents"]:
        listed = ", ".join(done["incidents"])
        face.say(Text(f"Opened: {listed}", f"已登记事件：{listed}"))
    if done["quarantined"] or done["incidents"]:
        face.say(Text(f"See: diapason guard {name}", f"查看：diapason guard {name}"))


def _assumed(face: Face, done: dict[str, Any]) -> None:
    """Each assumption with why, then the options that change them."""
    shown = done["assumed"][:12]
    rows = [(_about(one, face), one["value"], one["why"][face.language]) for one in shown]
    words = sum(done["missing_words"].values())
    if words:
        why = Text('words such as NA or "No Data"', "NA、“无数据”等字样")(face.language)
        rows.append((Text("missing cells", "缺失单元格")(face.language), f"{words:,}", why))
    if not rows:
        return
    face.say("")
    heads = (Text("assumed", "所作假设"), "", Text("because", "理由"))
    face.table(heads, [tuple(_short(str(c), w) for c, w in zip(r, (26, 10, 40), strict=True)) for r in rows])
    options = "  ".join(dict.fromkeys(f"-o\u00a0{quoted(one['change'])}" for one in shown if one["change"]))
    face.say(_wrapped(Text("change: ", "更改：")(face.language) + options))


_ABOUT = {
    "encoding": Text("encoding", "编码"),
    "separator": Text("separator", "分隔符"),
    "skip": Text("lines left out", "略过行数"),
    "header": Text("lines of names", "表头行数"),
    "units_row": Text("line of units", "单位行"),
    "type": Text("type of", "类型："),
    "date_order": Text("date order of", "日期顺序："),
    "name": Text("name of column", "列名："),
    "names": Text("names of", "列名取自："),
    "column": Text("left out: column", "略去列："),
    "columns": Text("columns of", "列："),
    "time": Text("time from", "时间取自："),
    "transpose": Text("turned on its side", "转置"),
    "sheet": Text("sheet", "工作表"),
    "errors": Text("cells with errors", "错误单元格"),
    "formulas": Text("formulas", "公式"),
    "merged": Text("put together", "合并"),
    "empty_rows": Text("empty rows", "空行"),
    "spans": Text("lengths of time", "时长"),
    "nested": Text("names from", "名称取自"),
    "arrays": Text("arrays in", "数组："),
    "flag": Text("words among numbers:", "数值列中的文字："),
    "precision": Text("precision of time", "时间精度"),
    "resolution": Text("resolution of time", "时间分辨率"),
    "duplicates": Text("points that come again", "重复的数据点"),
    "timezone": Text("time zone of", "时区："),
    "order": Text("order of rows", "行的顺序"),
    "decimals": Text("decimals of", "小数："),
}


def _about(one: dict[str, Any], face: Face) -> str:
    """What an assumption is about, in words."""
    said = _ABOUT.get(one["what"], Text(one["what"], one["what"]))(face.language)
    return f"{said} {one['of']}".replace("： ", "：").strip()


def _columns(face: Face, done: dict[str, Any]) -> None:
    """Columns with a role or a unit each; the others counted."""
    columns = done["contract"]["columns"]
    telling = [c for c in columns if c["role"] != "feature" or c["unit"] or c["sure"] < 0.5]
    rest = len(columns) - len(telling)
    if telling:
        heads = (Text("column", "列"), Text("role", "角色"), Text("unit", "单位"), Text("because", "理由"))
        face.table(heads, [(_short(c["name"], 20), c["role"], c["unit"], _short(c["why"], 40)) for c in telling[:20]])
    if len(telling) > 20:
        face.say(Text(f"… and {len(telling) - 20} more, see the contract", f"… 另有 {len(telling) - 20} 列，见合约"))
    other = Text("other inputs" if telling else "inputs", "其他输入列" if telling else "输入列")
    face.say(Text(f"{other.en}: {rest}", f"{other.zh}：{rest}"))


def _open(face: Face, done: dict[str, Any]) -> None:
    """What a person could still say."""
    units = [q for q in done["questions"] if q["key"].startswith("units.")]
    for question in done["questions"]:
        if question not in units:
            face.say(Text(f"Open: {question['text']['en']}", f"待定：{question['text']['zh']}"))
            face.say(f"  {question['say']}")
    guessed = [q for q in units if q["choices"]]
    if guessed:
        pairs = ",".join(f"{q['column']}={q['choices'][0]['value']}" for q in guessed[:8])
        face.say(
            Text(
                f"Units are not known of {len(units)} columns; by name and range these would fit:",
                f"{len(units)} 列单位未知；按名称与范围推测：",
            )
        )
        face.say(f'  --units "{pairs}"')


def _wrapped(text: str) -> str:
    from textwrap import fill

    return fill(text, 80, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False).replace("\u00a0", " ")


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
