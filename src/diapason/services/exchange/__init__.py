"""Terms of use on datasets, kept by every service that uses them; offers and requests between workspaces, by file."""

from diapason.services.exchange.binding import bind, bound, due
from diapason.services.exchange.lists import exported, imported, listed, want
from diapason.services.exchange.offering import offer, offers, shown, withdraw
from diapason.services.exchange.using import use

__all__ = [
    "bind",
    "bound",
    "due",
    "exported",
    "imported",
    "listed",
    "offer",
    "offers",
    "shown",
    "use",
    "want",
    "withdraw",
]
