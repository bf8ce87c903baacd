"""What only a person can say: a question with its choices, and how to answer it on the command line."""

from dataclasses import dataclass

from diapason.vocabulary.language import Text

__all__ = ["Choice", "Question", "quoted"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer, and what it would mean."""

    value: str
    means: Text


@dataclass(frozen=True, slots=True)
class Question:
    """Asked instead of guessed. `key` names the argument or option that takes the answer."""

    key: str  # "asset", "units.T_in", "options.date_order", …
    text: Text
    choices: tuple[Choice, ...]
    column: str = ""

    def flag(self, value: str = "") -> str:
        """The words on the command line that give this answer.

        >>> Question("asset", Text("?", "？"), ()).flag("unit")
        '--asset unit'
        >>> Question("options.decimal", Text("?", "？"), ()).flag("comma")
        '-o decimal=comma'
        >>> Question("units.T_in", Text("?", "？"), ()).flag("Cel")
        '--units T_in=Cel'
        """
        value = value or (self.choices[0].value if self.choices else "…")
        if self.key.startswith("options."):
            return f"-o {quoted(self.key.removeprefix('options.') + '=' + value)}"
        if self.key.startswith("units."):
            return f"--units {quoted(self.key.removeprefix('units.') + '=' + value)}"
        return f"--{self.key.replace('_', '-')} {quoted(value)}"


def quoted(text: str) -> str:
    """Quoted for a shell where that is needed; double quotes work on Windows too.

    >>> quoted("date_order=dmy"), quoted("types=A80 [%]=number")
    ('date_order=dmy', '"types=A80 [%]=number"')
    """
    return text if text and not set(text) & set(" ;&|<>()$`'*?[]#~\\") else f'"{text}"'
