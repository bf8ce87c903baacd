"""Words in, names out: an index of short texts, ranked, forgiving of slips, and telling why each was found."""

from diapason.engines.search.index import Index, Piece, build
from diapason.engines.search.query import Asked, Hit, search
from diapason.engines.search.tokens import pieces

__all__ = ["Asked", "Hit", "Index", "Piece", "build", "pieces", "search"]
