"""One strict typed loader for all knowledge files: unknown fields are refused, both languages are demanded."""

import re
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import msgspec
import yaml

from diapason.errors import DataError
from diapason.vocabulary.language import Language

__all__ = ["Both", "Strict", "Titled", "check", "load"]

T = TypeVar("T")


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A record that refuses fields it does not know."""


class Both(Strict, frozen=True):
    """A text in both languages; neither may be missing."""

    en: str
    zh: str

    def __call__(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en


class Titled(Strict, frozen=True):
    """What every piece of knowledge carries: a title, a source, and the day a person last checked it."""

    title: Both
    source: str
    checked: date


@cache
def _text(path: str, only: str) -> Any:
    said = files("diapason.knowledge").joinpath(path).read_text(encoding="utf-8")
    part = re.search(rf"^{re.escape(only)}:.*?(?=^\S|\Z)", said, re.MULTILINE | re.DOTALL) if only else None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(part[0] if part else said, Loader=loader)  # noqa: S506  # a safe loader


def load(path: str, shape: type[T], *, only: str = "") -> T:
    """Read one knowledge file into its type.

    Args:
        path: below `diapason/knowledge`, such as `findings/quality.yaml`.
        shape: a `Strict` record or a container of one.
        only: the one entry that is wanted, where the file is a table of them and none refers to another.

    Raises:
        DataError: a field is unknown, missing or of the wrong kind; names the field.
    """
    return check(_text(path, only), shape, at=f"knowledge/{path}")


def check(value: Any, shape: type[T], *, at: str) -> T:
    """Plain values into their type, strictly.

    Args:
        value: dicts, lists and scalars as a YAML or TOML reader gives them.
        shape: a `Strict` record or a container of one.
        at: the file, for the error.

    Raises:
        DataError: a field is unknown, missing or of the wrong kind; names the field.
    """
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        what, _, field = str(error).partition(" - at `")
        where = field.rstrip("`").removeprefix("$").removeprefix(".")
        raise DataError(
            what, at=f"{at}, field {where}" if where else at, fix="see the page about knowledge files"
        ) from error
