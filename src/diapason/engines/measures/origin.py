"""Where data comes from, what is written of it, and who may use it: counted from what the ledger states."""

from collections.abc import Sequence

from diapason.engines.measures.measure import Element, Measure, State, counted, elements, not_for, untested
from diapason.engines.measures.registry import calculation
from diapason.engines.measures.seen import Seen
from diapason.vocabulary.facts import ground
from diapason.vocabulary.language import Text

__all__ = ["basic_information"]

LICENCES = ("licence", "license", "contract", "licence-proof")


def _papers(seen: Seen, *kinds: str) -> tuple[str, ...]:
    return tuple(p for kind in kinds for p in seen.papers.get(kind, ()))


def _runs(seen: Seen, *verbs: str) -> tuple[str, ...]:
    return tuple(ground("run", r) for verb in verbs for r in seen.done.get(verb, ()))


def _element(en: str, zh: str, on: Sequence[str] | bool, todo: str = "") -> Element:
    """Something that is there if it stands on something."""
    return Element(Text(en, zh), bool(on), todo, () if isinstance(on, bool) else tuple(on))


@calculation
def basic_information(seen: Seen) -> Measure:
    """0101: scale, format, structure, access, support."""
    here = (seen.ground,)
    kinds = all(c.kind for c in seen.columns)
    roles = any(c.role in ("target", "time", "asset", "batch") for c in seen.columns)
    return elements(
        (
            _element("scale", "规模", here if seen.rows else False),
            _element("format of each column", "各列格式", here if kinds else False, f"diapason contract {seen.name}"),
            _element("structure: what columns are for", "结构：各列用途", here if roles else False,
                     f"diapason ingest FILE --name {seen.name} --target COLUMN"),
            _element("access: a version with its digest", "获取方式：带摘要的版本", here),
            _element("support: a person who answers for it", "支持：责任人", seen.owners,
                     "diapason person NAME --role operator"),
        ),
        Text("items of basic information that are there", "已具备的基本信息项"),
    )  # fmt: skip


@calculation
def content_features(seen: Seen) -> Measure:
    """0102: modality, distribution, labels, examples, limits."""
    here = (seen.ground,)
    limits = any(c.ranged or c.listed for c in seen.columns)
    meant = [c for c in seen.columns if c.role == "target"]
    labels = not seen.target or all(c.unit or c.listed or seen.labels for c in meant)
    return elements(
        (
            _element("modality", "模态", here),
            _element("distribution of each column", "各列分布", here),
            _element("meaning of labels: a unit or classes", "标签含义：单位或类别", here if labels else False,
                     f"contracts/{seen.name}.yaml: unit"),
            _element("examples", "示例", here if seen.rows else False),
            _element("limits of its columns", "各列限值", here if limits else False,
                     f"diapason contract {seen.name} --propose"),
            _element("limits of its quality: signed findings", "质量局限：已签名的发现", _runs(seen, "assess"),
                     f"diapason assess {seen.name}"),
        ),
        Text("features of its content that are told", "已说明的内容特征项"),
    )  # fmt: skip


@calculation
def building_process(seen: Seen) -> Measure:
    """0103: source, collection, processing, labelling, versions."""
    brought = seen.brought
    runs = tuple(ground("run", r) for r in brought.get("runs", ()))
    marked = _papers(seen, "annotation-spec") + _runs(seen, "audit")
    rules = [
        _element("source, by digest", "来源（带摘要）", runs if brought.get("traced") else False,
                 f"diapason ingest FILE --name {seen.name}"),
        _element("how it was collected", "采集方式", runs),
        _element("each processing step as a signed run", "每个处理步骤均为已签名运行",
                 (seen.ground,) if seen.linked == seen.rows and seen.rows else False, "diapason doctor"),
        _element("versions", "版本管理", (seen.ground,)),
    ]  # fmt: skip
    if seen.target:
        todo = f"diapason vouch {seen.name} --paper FILE --kind annotation-spec"
        rules.insert(3, _element("how it was labelled", "标注方式", marked, todo))
    return elements(rules, Text("steps of its making that are told", "已说明的建设过程项"))


@calculation
def notes_on_use(seen: Seen) -> Measure:
    """0104: licence, scenes, way of evaluation, baseline, cases."""
    name = seen.name
    needs = f"diapason score {name} --to needs.yaml"
    judged = _runs(seen, "learn", "evaluate")
    return elements(
        (
            _element("licence", "许可", _papers(seen, *LICENCES),
                     f"diapason vouch {name} --paper FILE --kind licence --until DAY"),
            _element("scene", "适用场景", (seen.ground,) if seen.scene else False, needs),
            _element("way of evaluation", "评测方法", judged, f"diapason learn {name} --task {seen.task}"),
            _element("baseline", "基线", judged, f"diapason learn {name} --task {seen.task}"),
            _element("case of its use", "应用案例", _runs(seen, "predict", "effect", "resonate"),
                     f"diapason resonate {name}"),
        ),
        Text("notes on its use that are there", "已具备的应用说明项"),
    )  # fmt: skip


@calculation
def secure_rows(seen: Seen) -> Measure:
    """0202: rows in which no text identifies a person, where a person has said what holds; all rows where not."""
    if seen.personal is None:
        return not_for(Text("rows were not read", "未读取各行"))
    said = Text(
        "rows without a number or address that identifies a person; signs of mobile phone, identity card and e-mail",
        "不含可识别个人的号码或地址的行；查找手机号、身份证号与电子邮箱",
    )
    allowed = _papers(seen, "lawful-basis", "pipia", "minimisation-proof")
    bad = 0 if allowed else seen.personal
    made = counted(seen.rows - bad, seen.rows, said, (seen.ground, *allowed))
    todo = f"diapason vouch {seen.name} --paper FILE --kind lawful-basis" if bad else ""
    return Measure(made.state, said, made.value, made.low, made.high, made.met, made.of, made.on, todo)


@calculation
def identifying_rows(seen: Seen) -> Measure:
    """Rows with a text that identifies a person; the fewer the better."""
    if seen.personal is None:
        return not_for(Text("rows were not read", "未读取各行"))
    said = Text(
        "rows with a sign of a person: phone, identity card, e-mail", "含个人标识的行：手机号、身份证号、电子邮箱"
    )
    return counted(seen.personal, seen.rows, said, (seen.ground,))


@calculation
def authentic(seen: Seen) -> Measure:
    """0205: the source can be traced, and it is said and true whether data was generated."""
    brought = seen.brought
    runs = tuple(ground("run", r) for r in brought.get("runs", ()))
    if not runs:
        return untested(
            Text("no signed run says where it was read from", "没有已签名运行说明来源"), "diapason evidence"
        )
    return elements(
        (
            _element("read from a source with a digest", "来源带摘要", runs if brought.get("traced") else False),
            _element("every version written by a signed run", "各版本均由已签名运行写入",
                     (seen.ground,) if seen.linked == seen.rows else False),
            _element("not simulated, or said to be", "非仿真，或已如实标明", runs if brought.get("told") else False),
        ),
        Text("signs that content is authentic", "内容真实性要点"),
    )  # fmt: skip


@calculation
def of_its_class(seen: Seen) -> Measure:
    """0207: what its declared class asks for is there."""
    todo = f"diapason score {seen.name} --to needs.yaml"
    if not seen.kind:
        return untested(
            Text("no class is declared: general, industry or expert", "未声明类别：通识、行业通识或行业专识"), todo
        )
    parts = [_element("declared class", "已声明类别", (seen.ground,))]
    if seen.kind == "expert":
        proof = _papers(seen, "expert-proof", "annotation-spec") + _runs(seen, "audit")
        way = f"diapason vouch {seen.name} --paper FILE --kind expert-proof"
        parts += [
            _element("a specific scene", "具体场景", (seen.ground,) if seen.scene else False, todo),
            _element("proof of expert work", "专家参与证明", proof, way),
        ]
    elif seen.kind == "industry":
        parts.append(_element("scope of an industry", "行业范围", (seen.ground,) if seen.scene else False, todo))
    return elements(parts, Text("what its class asks for", "所声明类别的要求"))


@calculation
def certified_columns(seen: Seen) -> Measure:
    """Numbers whose sensor has a calibration that holds today."""
    if not seen.numbers:
        return not_for(Text("there are no numbers", "没有数值列"))
    papers = _papers(seen, "calibration")
    good = len(seen.numbers) if papers else sum(c.calibrated for c in seen.numbers)
    said = Text("columns of numbers under a calibration that holds", "处于有效校准之下的数值列")
    if not good:
        todo = f"diapason vouch {seen.name} --paper FILE --kind calibration --until DAY"
        return untested(Text("no calibration is declared", "未声明校准"), todo)
    return counted(good, len(seen.numbers), said, (seen.ground, *papers), state=State.STATED)


@calculation
def certified_sources(seen: Seen) -> Measure:
    """Sources that can be traced to a file or connection by its digest."""
    runs = seen.brought.get("runs", ())
    said = Text("sources traced by digest in a signed run", "由已签名运行以摘要追溯的来源")
    if not runs:
        return untested(Text("no signed run says where it was read from", "没有已签名运行说明来源"))
    return counted(seen.brought["traced"], len(runs), said, tuple(ground("run", r) for r in runs), state=State.STATED)


@calculation
def described_columns(seen: Seen) -> Measure:
    """Columns with a kind and a role, numbers also with a unit."""
    good = [c for c in seen.columns if c.kind and c.role and (c.unit or c.kind != "number" or c.role == "ignored")]
    said = Text("columns described: kind, role, and unit of numbers", "已说明类型、角色及单位（数值）的列")
    return counted(len(good), len(seen.columns), said, (seen.ground,))


@calculation
def named_columns(seen: Seen) -> Measure:
    """Columns whose role is known, by a person or a proposal that is told."""
    good = [c for c in seen.columns if c.role]
    return counted(len(good), len(seen.columns), Text("columns whose use is told", "已说明用途的列"), (seen.ground,))


@calculation
def standard_columns(seen: Seen) -> Measure:
    """Columns with a rule of their own: a range, a list, or an accepted share of missing cells."""
    good = [c for c in seen.used if c.ranged or c.listed or c.accepted is not None]
    said = Text("columns with a rule of their own", "具有自身规则的列")
    return counted(len(good), len(seen.used), said, (seen.ground,))


@calculation
def signed_contract(seen: Seen) -> Measure:
    """Whether the model of the data was signed when it was brought in."""
    runs = tuple(ground("run", r) for r in seen.brought.get("contracts", ()))
    said = Text("signed contract of its columns", "已签名的列合约")
    if not runs:
        return untested(Text("no contract was signed", "没有已签名的合约"), f"diapason ingest FILE --name {seen.name}")
    return counted(1, 1, said, runs, state=State.STATED)


@calculation
def traced_rows(seen: Seen) -> Measure:
    """Rows that a signed run has written."""
    return counted(
        seen.linked, seen.rows, Text("rows that a signed run has written", "由已签名运行写入的行"), (seen.ground,)
    )


@calculation
def read_rows(seen: Seen) -> Measure:
    """Rows that could be read back, digest and all, when this was computed."""
    return counted(
        seen.rows, seen.rows, Text("rows read back when this was computed", "本次计算时成功读回的行"), (seen.ground,)
    )


@calculation
def audited_rows(seen: Seen) -> Measure:
    """Rows that people have looked at."""
    if seen.audited is None:
        todo = f"diapason audit {seen.name}"
        return untested(Text("nobody has looked at rows of this version", "无人核对过该版本的行"), todo)
    looked = len(seen.audited.right) + seen.audited.before[1]
    return counted(looked, seen.rows, Text("rows that people have looked at", "经人工核对的行"), seen.audited.runs)


@calculation
def auditable_rows(seen: Seen) -> Measure:
    """Rows that keep one number through all versions, so that each can be followed and looked at."""
    said = Text("rows that keep their number through all versions", "各版本中编号不变的行")
    return counted(seen.rows, seen.rows, said, (seen.ground,))


@calculation
def compliant(seen: Seen) -> Measure:
    """Statements that rules ask for before data is used."""
    answered = "personal_data" in seen.answers
    on = (seen.answers["personal_data"][1],) if answered else ()
    parts = [
        _element("licence or contract", "许可或合同", _papers(seen, *LICENCES),
                 f"diapason vouch {seen.name} --paper FILE --kind licence"),
        _element("said whether it holds personal data", "已说明是否含个人信息", on,
                 "diapason comply --sheet answers.csv"),
        _element("a person who answers for it", "责任人", seen.owners, "diapason person NAME --role operator"),
    ]  # fmt: skip
    return elements(parts, Text("statements that rules ask for", "规则要求的声明"))
