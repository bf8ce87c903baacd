"""`diapason catalogue`: what data there is, who answers for it, where it came from, and whether it is used."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from diapason.faces.cli.arguments import Argument, Option
from diapason.faces.cli.columns import wrapped
from diapason.faces.cli.face import Face, command
from diapason.vocabulary.language import Text

__all__ = ["catalogue"]

_GRADES = {"general": Text("general", "一般"), "important": Text("important", "重要"), "core": Text("core", "核心")}


@command(
    Text(
        "List every dataset with owner, grade, origin, use and what is missing; or one in full.",
        "列出全部数据集的责任人、等级、来源、使用情况与缺项；或查看其中一个。",
    ),
    good="diapason catalogue --where grade=core --missing",
    bad=Text(
        "diapason catalogue --where colour=red -> 'colour=red' is no condition",
        "diapason catalogue --where colour=red -> “colour=red”不是条件",
    ),
)
def catalogue(
    face: Face,
    name: Annotated[str, Argument("Dataset; none = all", "数据集；不写则为全部")] = "",
    *,
    where: Annotated[
        list[str] | None,
        Option("--where", "Only where a word of `describe` is so: grade=core", "只列出说明符合的：grade=core"),
    ] = None,
    missing: Annotated[bool, Option("--missing", "Only where something is not said", "只列出有缺项的")] = False,
    unused: Annotated[
        bool, Option("--unused", "Only what nobody has read for 90 days", "只列出 90 天未使用的")
    ] = False,
) -> None:
    """Call the service; the sentence, the table, the next step."""
    from diapason.services import desk as service

    done = service.catalogue(face.open(), name, where=where or (), missing=missing, unused=unused)
    if name:
        _one(face, done["datasets"][0] if done["datasets"] else None)
    else:
        _all(face, done)
    face.result(done)


def _all(face: Face, done: Mapping[str, Any]) -> None:
    part = "" if done["count"] == done["of"] else f" / {done['of']}"
    face.say(
        Text(
            f"{done['count']}{part} datasets, {done['rows']:,} rows: {done['complete']} fully described, "
            f"{done['used']} used within {done['days']} days.",
            f"{done['count']}{part} 个数据集，{done['rows']:,} 行：说明齐全 {done['complete']} 个，"
            f"{done['days']} 天内使用过 {done['used']} 个。",
        )
    )
    if not done["datasets"]:
        face.say(Text("Next: diapason ingest FILE --name NAME", "下一步：diapason ingest FILE --name NAME"))
        return
    heads = (
        Text("dataset", "数据集"), Text("grade", "等级"), Text("owner", "所有者"), Text("rows", "行数"),
        Text("changed", "变动"), Text("use", "使用"), Text("act", "须处理"), Text("missing", "缺项"),
    )  # fmt: skip
    face.table(heads, [_row(face, e) for e in done["datasets"]])
    if done["missing"]:
        face.say("")
        from diapason.services.desk import FIELDS

        gaps = ", ".join(f"{FIELDS[key](face.language)} {n}" for key, n in done["missing"].items())
        face.say(wrapped(Text(f"Not said: {gaps}.", f"未说明：{gaps}。")(face.language)))
    first = next((e for e in done["datasets"] if e["missing"]), None)
    nxt = f"diapason catalogue {done['datasets'][0]['name']}"
    if first is not None:
        nxt = f'diapason describe {first["name"]} {first["missing"][0]}="…"'
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))


def _row(face: Face, e: Mapping[str, Any]) -> tuple[str, ...]:
    grade = e["said"].get("grade", "")
    use = f"{e['use']['runs']} ({e['use']['people']})" if e["use"]["runs"] else "–"
    gaps = str(len(e["missing"])) if e["missing"] else "–"
    owner, said = _short(e["said"].get("owner", "–")), _GRADES[grade](face.language) if grade else "–"
    return (
        f"{e['name']}@{e['version']}", said, owner, f"{e['rows']:,}", e["changed"][:10], use,
        _act(face, e["findings"]), gaps,
    )  # fmt: skip


def _act(face: Face, found: Mapping[str, Any]) -> str:
    if found["state"] == "not tested":
        return Text("not tested", "未测试")(face.language)
    older = Text(f" ({found['of']})", f"（{found['of']}）")(face.language) if found["state"] == "older" else ""
    return f"{found['act']}{older}"


def _short(text: str, most: int = 14) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _one(face: Face, e: Mapping[str, Any] | None) -> None:
    """Everything about one dataset, a line each; what is missing stands there too."""
    if e is None:
        face.say(Text("It does not fit these conditions.", "不符合所给条件。"))
        return
    from diapason.services.desk import FIELDS

    face.say(_lines(e)(face.language))
    zh = face.language == "zh"
    for key in [*e["said"], *e["missing"]]:
        said = e["said"].get(key) or Text("not said", "未说明")(face.language)
        if key == "grade" and said in _GRADES:
            said = _GRADES[said](face.language)
        word = FIELDS.get(key, Text(key, key))(face.language)
        face.say("  " + wrapped(f"{word}{'：' if zh else ': '}{said}", 6))
    for head, text in _facts(e):
        face.say("  " + wrapped(f"{head(face.language)}{'：' if zh else ': '}{text(face.language)}", 6))
    gaps = " ".join(f'{key}="…"' for key in e["missing"][:2])
    nxt = f"diapason describe {e['name']} {gaps}" if gaps else f"diapason report {e['name']}"
    face.say(Text(f"Next: {nxt}", f"下一步：{nxt}"))


def _lines(e: Mapping[str, Any]) -> Text:
    fell = Text("; it has FALLEN: diapason standing", "；已失效：diapason standing")
    stands = Text("", "") if e["stands"] else fell
    return Text(
        f"{e['name']}@{e['version']}: {e['rows']:,} rows, {e['versions']} kept versions, changed {e['changed'][:10]} "
        f"({e['why']}){stands.en}.",
        f"{e['name']}@{e['version']}：{e['rows']:,} 行，保留 {e['versions']} 个版本，{e['changed'][:10]} 变动"
        f"（{e['why']}）{stands.zh}。",
    )


def _facts(e: Mapping[str, Any]) -> Sequence[tuple[Text, Text]]:
    c, f, u, up = e["contract"], e["findings"], e["use"], e["lineage"]
    verbs = ", ".join(f"{verb} {n}" for verb, n in u["verbs"].items()) or "–"
    agreed = Text(
        f"{c['columns']} columns, {c['confirmed']} confirmed by a person, "
        f"{c['units']} of {c['numbers']} numbers with a unit, {c['rules']} rules",
        f"{c['columns']} 列，经人确认 {c['confirmed']} 列，"
        f"数值列有单位 {c['units']}/{c['numbers']}，规则 {c['rules']} 条",
    )
    open_ = Text(
        f"{f['act']} to act, {f['look']} to look at ({f['of']})", f"须处理 {f['act']}，须查看 {f['look']}（{f['of']}）"
    )
    untested = Text(f"not tested: diapason assess {e['name']}", f"未测试：diapason assess {e['name']}")
    fallen = ", ".join(up["fallen"])
    models = ", ".join(up["models"]) or "–"
    return (
        (Text("contract", "合约"), Text(**c["why"]) if c["why"] else agreed),
        (Text("terms of use", "使用条款"), _terms(e["terms"])),
        (Text("findings", "发现"), untested if f["state"] == "not tested" else open_),
        (Text("comes from", "来自"), Text(*[", ".join([*filter(None, [up["source"]]), *up["from"]]) or "–"] * 2)),
        (Text("made of it", "衍生数据集"), Text(*[", ".join(up["datasets"]) or "–"] * 2)),
        (
            Text("models on it", "其上的模型"),
            Text(f"{models}; fallen: {fallen}", f"{models}；已失效：{fallen}") if fallen else Text(models, models),
        ),
        (
            Text("used in 90 days", "90 天使用"),
            Text(
                f"{u['runs']} runs by {u['people']} people: {verbs}", f"{u['runs']} 次运行，{u['people']} 人：{verbs}"
            ),
        ),
    )


def _terms(held: Sequence[Mapping[str, Any]]) -> Text:
    """The contracts under which it is held, and who must be named."""
    if not held:
        return Text("–", "–")
    named = ", ".join(one["name"] for one in held if one["name"])
    contracts = ", ".join(one["contract"] for one in held)
    return Text(contracts + (f"; name {named}" if named else ""), contracts + (f"；须署名 {named}" if named else ""))
