"""What this workspace can show: counted from the ledger's signed entries, and what people have declared."""

from collections.abc import Collection, Mapping

from diapason.ports.workspace import Workspace
from diapason.services.facts import (  # noqa: F401  # each declares facts
    data,
    described,
    figures,
    guarded,
    models,
    people,
    trials,
)
from diapason.services.facts.book import Book, read, read_bundle
from diapason.services.facts.declared import DECLARATION, about, declared, standing, valid
from diapason.services.facts.registry import Known, counted, known
from diapason.vocabulary.facts import Fact

__all__ = ["DECLARATION", "Book", "Known", "about", "facts", "known", "of", "read", "read_bundle", "standing", "valid"]


def facts(ws: Workspace, fallen: Collection[str] = ()) -> Mapping[str, Fact]:
    """Every fact that this workspace can show now, by name.

    What a machine can count is never taken from a person's word; what nothing was said of is not there at all. A fact
    whose evidence does not verify is there with the value None, and says why.

    Args:
        fallen: names of grounds that stand no more, as `vocabulary.facts.ground` gives them; all is counted without.
    """
    return of(read(ws, fallen))


def of(book: Book) -> dict[str, Fact]:
    """The facts of a ledger that was read."""
    found = {fact.name: fact for fact in counted(book)}
    mine = known()
    said = {fact.name: fact for fact in declared(book)}
    return found | {name: fact for name, fact in said.items() if name not in mine}
