"""What was assumed about a source, why, and how to say otherwise."""

from dataclasses import dataclass

from diapason.vocabulary.language import Text

__all__ = ["Assumed"]


@dataclass(frozen=True, slots=True)
class Assumed:
    """One assumption; `change` is the option that overrides it."""

    what: str  # "separator", "header", "type", …
    value: str
    why: Text
    change: str = ""
    of: str = ""  # the columns or files it is about; "" = the whole source
