"""What a button says: exactly what will happen."""

from datetime import datetime

from diapason.vocabulary.acting import Proposal
from diapason.vocabulary.language import Text

__all__ = ["button", "number"]


def number(value: object) -> str:
    """A value as an operator writes it, with all the digits that it has.

    >>> number(42.0), number(44.5), number(0.1 + 0.2)
    ('42.0', '44.5', '0.30000000000000004')
    """
    return repr(float(value)) if type(value) in (int, float) else ascii(value)[:40]  # type: ignore[arg-type]


def button(p: Proposal) -> Text:
    """The words of an approval.

    >>> from diapason.vocabulary.acting import Proposal
    >>> button(Proposal("k", "a", "P-101", "FIC-101.SP", 42.0, 44.5, "t/h", 0, 0)).en.split(" until")[0]
    'set FIC-101.SP from 42.0 to 44.5 t/h'
    """
    old, new, until = number(p.old), number(p.new), _until(p.expires)
    return Text(
        f"set {p.tag} from {old} to {new} {p.unit} until {until}",
        f"将 {p.tag} 由 {old} 设为 {new} {p.unit}，{until} 前有效",
    )


def _until(moment: object) -> str:
    try:
        at = datetime.fromtimestamp(moment / 1e6).astimezone()  # type: ignore[operator]
    except (TypeError, ValueError, OverflowError, OSError):
        return "?"
    return at.strftime("%H:%M") if at.date() == datetime.now().astimezone().date() else at.strftime("%Y-%m-%d %H:%M %Z")
