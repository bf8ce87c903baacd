"""What all columns of a source hold, once every row was looked at; what stays unclear is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from diapason.connectors.files.assumed import Assumed
from diapason.connectors.files.kinds import SPOILT, Column, Form
from diapason.connectors.files.numbers import NumberForm
from diapason.connectors.files.options import Options
from diapason.connectors.files.times import Shape, shape_of
from diapason.errors import DataError, Unsure
from diapason.vocabulary.language import Text
from diapason.vocabulary.questions import Choice, Question

__all__ = ["Pair", "Settled", "numeric_time", "settle"]

_TIME_NAME = re.compile(r"(?i)time|date|datum|zeit|stamp|epoch|^ts$|^t$|时间|日期|时刻")
_DATE_NAME = re.compile(r"(?i)date|datum|日期")
_EPOCHS = {"epoch_s": 1.0, "epoch_ms": 1e3, "epoch_us": 1e6, "epoch_ns": 1e9}
_CLOCKS = ("%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p")


@dataclass(frozen=True, slots=True)
class Pair:
    """A date in one column and the time of day in another, read as one time."""

    name: str
    date: str
    clock: str


@dataclass(frozen=True, slots=True)
class Settled:
    """How every column is read."""

    forms: dict[str, Form]  # in the order of the columns; those left out are absent
    pair: Pair | None
    assumed: tuple[Assumed, ...]
    units: dict[str, str]  # written behind every number
    flags: dict[str, str] = field(default_factory=dict)  # column of flags -> column of numbers in which they stand


def settle(columns: Sequence[Column], options: Options, said_time: frozenset[str], at: str) -> Settled:
    """Decide how every column is read.

    Raises:
        Unsure: the meaning of numbers or dates isn't clear from the data.
        DataError: a column that was said to hold time doesn't.
    """
    comma, point = (sum(getattr(c.signs, sign) for c in columns) for sign in ("comma", "point"))
    forms, assumed, questions = {}, list[Assumed](), list[Question]()
    whys: dict[tuple[str, Text], list[str]] = {}
    order = _order(columns, options, comma > point, assumed, questions)
    for column in columns:
        form, why = _form(column, options, (comma, point), questions)
        if form.kind == "time" and any(s.open for s in form.shapes) and not options.date_order:
            form = replace(form, order=order)
        timed = numeric_time(column, form, column.name in said_time)
        if timed is not None:
            form, why = timed
        if column.name in said_time and form.kind in ("text", "flag", "clock"):
            raise _no_time(column, at)
        forms[column.name] = form
        if why is not None:
            whys.setdefault((form.kind, why), []).append(column.name)
    assumed += [Assumed("type", kind, why, f"types={n[0]}=…", _few(n)) for (kind, why), n in whys.items()]
    if questions:
        raise _ask(questions, at)
    pair = _pair(columns, forms, assumed)
    units = {n: f.number.suffix for n, f in forms.items() if f.number.suffix}
    return Settled(forms, pair, tuple(assumed), units)


def _form(
    column: Column, options: Options, file: tuple[int, int], questions: list[Question]
) -> tuple[Form, Text | None]:
    """The final form of one column, and why, where that is worth saying."""
    form = column.form or Form("number")
    if column.fixed is not None:
        return form, _SAID
    if column.bad > max(1.0, SPOILT * column.cells):
        shown = ", ".join(repr(t) for t in column.spoilt[:3])
        return Form("text"), Text(
            f"{column.bad:,} of {column.cells:,} cells are not of one kind, such as {shown}",
            f"{column.cells:,} 个单元格中有 {column.bad:,} 个类型不一致，例如 {shown}",
        )
    if form.kind != "number":
        return form, None
    if column.coded and column.whole:
        return Form("text"), Text(
            f"codes begin with zeros, such as {column.example}", f"编码以零开头，例如 {column.example}"
        )
    if column.long:
        shown = column.example
        return Form("text"), Text(
            f"more digits than a number holds, such as {shown}", f"位数超出数值范围，例如 {shown}"
        )
    decimal, why = _decimal(column, options, file, questions)
    groups = not (column.signs.comma and column.signs.point)
    number = NumberForm(decimal, groups, form.number.suffix)
    whole = column.whole and column.cells > 0 and not column.signs.comma and not column.signs.either_comma
    if number.suffix:
        why = Text(f"every number is followed by {number.suffix}", f"每个数后都有 {number.suffix}")
    return Form("integer" if whole else "number", number), why


def _decimal(
    column: Column, options: Options, file: tuple[int, int], questions: list[Question]
) -> tuple[str, Text | None]:
    """The decimal sign of a column: by its own numbers, else by those of the other columns, else asked."""
    if options.decimal:
        return {"point": ".", "comma": ","}[options.decimal], None
    own = column.signs
    if own.comma or own.point:
        decimal = "," if own.comma > own.point else "."
        return decimal, _COMMA if decimal == "," else None
    if own.either_comma == 0 and own.either_point == 0:
        return ".", None
    if file[0] != file[1]:
        decimal = "," if file[0] > file[1] else "."
        told = own.either_comma if decimal == "." else own.either_point
        return decimal, _AS_OTHERS if told or decimal == "," else None
    if own.either_comma:
        questions.append(_decimal_question(column))
    return ".", None


def _order(
    columns: Sequence[Column], options: Options, comma: bool, assumed: list[Assumed], questions: list[Question]
) -> str:
    """Whether days or months come first, for all dates of a source that leave it open."""
    found = [c for c in columns if c.fails and c.form is not None and c.form.kind == "time"]
    if not found or options.date_order:
        return options.date_order
    possible = {o for c in found for o in c.possible}.intersection(*(set(c.possible) for c in found)) or set(
        found[0].possible
    )
    dots = all("." in s.form for c in found for s in (c.form.shapes if c.form else ()) if s.open)
    flow = {c.flow for c in found if c.flow} & possible
    if len(possible) == 1:
        order, why = possible.pop(), Text("the other orders give dates that do not exist", "其他顺序会得到不存在的日期")
    elif len(flow) == 1:
        order, why = flow.pop(), Text("only so does the clock run on over midnight", "只有这样，时间在午夜才连续")
    elif dots and "dmy" in possible:
        order, why = "dmy", Text("dates written with dots put the day first", "用点分隔的日期通常日在前")
    elif comma and "dmy" in possible:
        order, why = "dmy", Text("numbers have a decimal comma, so the day comes first", "数值使用小数逗号，故日在前")
    else:
        questions.append(_order_question(found[0], sorted(possible)))
        return "dmy"
    names = ", ".join(c.name for c in found)
    assumed.append(Assumed("date_order", order, why, "date_order=dmy|mdy|ymd", names))
    return order


def numeric_time(column: Column, form: Form, said: bool) -> tuple[Form, Text] | None:
    """Numbers that are times: seconds since 1970, days since 1900, or digits run together."""
    if form.kind not in ("number", "integer") or column.fixed is not None or column.low > column.high:
        return None
    named = bool(_TIME_NAME.search(column.name)) or said
    whole = form.kind == "integer"
    for kind, scale in _EPOCHS.items():
        if named and 3e8 * scale <= column.low and column.high <= 4.2e9 * scale:
            unit = kind.removeprefix("epoch_")
            return Form(kind), Text(
                f"counts {unit} since 1970: the range fits", f"自 1970 年起的 {unit} 计数：范围相符"
            )
    digits = len(column.example)
    if whole and shape_of(column.example) and column.low >= 19e6 and (digits == 14 or (named and digits in (8, 12))):
        return Form("compact"), Text("digits of year, month, day run together", "年月日数字连写")
    days = column.low >= 20_000 and column.high <= 80_000
    if days and (_DATE_NAME.search(column.name) or (named and not whole)):
        return Form("excel"), Text("counts days since 1900, as spreadsheets do", "自 1900 年起的天数，电子表格的写法")
    return None


def _pair(columns: Sequence[Column], forms: dict[str, Form], assumed: list[Assumed]) -> Pair | None:
    """A column of dates next to a column of times of day."""
    names = [c.name for c in columns]
    clocks = [n for n in names if forms[n].kind == "clock"]
    dates = [n for n in names if forms[n].kind == "time" and all(_only_date(s) for s in forms[n].shapes)]
    if len(clocks) != 1 or len(dates) != 1 or abs(names.index(clocks[0]) - names.index(dates[0])) != 1:
        return None
    pair = Pair(f"{dates[0]} {clocks[0]}", dates[0], clocks[0])
    form = forms[pair.date]
    shapes = tuple(Shape(f"{s.form} {c}", half="%p" in c, month=s.month) for s in form.shapes for c in _CLOCKS)
    forms[pair.name] = replace(form, shapes=shapes)
    why = Text("a date and a time of day stand side by side", "日期与时刻并列两栏")
    assumed.append(Assumed("time", pair.name, why, f"types={pair.clock}=text", f"{pair.date} + {pair.clock}"))
    return pair


def _only_date(shape: Shape) -> bool:
    return "%H" not in shape.form and "%I" not in shape.form


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" … ({len(names)})" if len(names) > 3 else "")


_SAID = Text("you said so", "由您指定")
_COMMA = Text("numbers such as 1,5 have a decimal comma", "数值使用小数逗号，如 1,5")
_AS_OTHERS = Text("as the other columns of the file write numbers", "与文件其他列的写法一致")


def _order_question(column: Column, orders: Sequence[str]) -> Question:
    first, second, third = [*re.findall(r"\d+", column.example), "1", "1", "1"][:3]
    said = {
        "dmy": Text(f"day {first}, month {second}, year {third}", f"{third} 年 {second} 月 {first} 日"),
        "mdy": Text(f"day {second}, month {first}, year {third}", f"{third} 年 {first} 月 {second} 日"),
        "ymd": Text(f"day {third}, month {second}, year {first}", f"{first} 年 {second} 月 {third} 日"),
    }
    text = Text(
        f"column {column.name}: which day is {column.example}?", f"列 {column.name}：{column.example} 是哪一天？"
    )
    return Question("options.date_order", text, tuple(Choice(o, said[o]) for o in orders), column.name)


def _decimal_question(column: Column) -> Question:
    text = Text(
        f"column {column.name}: is the comma in {column.example} a decimal comma, or does it group thousands?",
        f"列 {column.name}：{column.example} 中的逗号是小数点还是千位分隔符？",
    )
    return Question(
        "options.decimal",
        text,
        (Choice("comma", Text("a decimal comma", "小数逗号")), Choice("point", Text("groups thousands", "千位分隔符"))),
        column.name,
    )


def _ask(questions: Sequence[Question], at: str) -> Unsure:
    first = questions[0]
    ways = " | ".join(f"{first.flag(c.value)} ({c.means.en})" for c in first.choices)
    zh = " | ".join(f"{first.flag(c.value)}（{c.means.zh}）" for c in first.choices)
    return Unsure(first.text, at=at, fix=Text(f"say which: {ways}", f"请指定：{zh}"), questions=tuple(questions))


def _no_time(column: Column, at: str) -> DataError:
    return DataError(
        Text(
            f"column {column.name} cannot be read as time, for example '{column.example[:60]}'",
            f"列 {column.name} 无法读作时间，例如“{column.example[:60]}”",
        ),
        at=at,
        fix=Text(
            f'name another column, or say how it is written: -o "time_format={column.name}=%d.%m.%Y %H:%M"',
            f'请指定其他列，或说明写法：-o "time_format={column.name}=%d.%m.%Y %H:%M"',
        ),
    )
