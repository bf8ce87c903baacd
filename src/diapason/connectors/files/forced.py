"""What a person has said about single columns, by name or number."""

from collections.abc import Sequence

from diapason.connectors.files.kinds import Form
from diapason.connectors.files.numbers import NumberForm
from diapason.connectors.files.options import Options
from diapason.connectors.files.times import Shape
from diapason.vocabulary.names import no_column

__all__ = ["column_named", "forced", "said_time"]


def column_named(word: str, names: Sequence[str]) -> str:
    """The column a person means: by its name, or by its number from 1.

    Raises:
        DataError: there is no such column; names those that are near.

    >>> column_named("2", ["unit", "cycle"])
    'cycle'
    """
    if word in names:
        return word
    if word.isdecimal() and 1 <= int(word) <= len(names):
        return names[int(word) - 1]
    raise no_column(word, names)


def said_time(names: Sequence[str], options: Options) -> frozenset[str]:
    """The columns that a person says hold time."""
    typed = [word for word, kind in options.types.items() if kind == "time"]
    return frozenset(column_named(word, names) for word in (*options.time, *typed))


def forced(names: Sequence[str], options: Options) -> dict[str, Form]:
    """The form of each column for which a person has said one."""
    number = NumberForm({"point": ".", "comma": ","}.get(options.decimal, "."))
    forms = {
        column_named(word, names): Form(kind, number, timezone=options.timezone) for word, kind in options.types.items()
    }
    for word, form in options.time_format.items():
        shape = Shape(form, zoned="%z" in form, half="%p" in form, month="%b" in form.lower())
        forms[column_named(word, names)] = Form("time", shapes=(shape,), timezone=options.timezone)
    return {name: form for name, form in forms.items() if form.kind != "time" or form.shapes}
