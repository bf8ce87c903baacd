"""Both languages from one source."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Language", "Text"]

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Text:
    """One thing said in English and in Chinese.

    >>> Text("rows", "行")("zh")
    '行'
    """

    en: str
    zh: str

    def __call__(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en

    def __add__(self, more: str) -> "Text":
        """Followed by what is the same in both, such as names."""
        return Text(self.en + more, self.zh + more)

    def __str__(self) -> str:
        return self.en
