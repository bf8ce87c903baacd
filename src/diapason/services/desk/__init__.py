"""The chief data officer's desk: what data there is, what to sign, what was ordered, what it all brought."""

from diapason.services.desk.catalogue import catalogue
from diapason.services.desk.inbox import inbox
from diapason.services.desk.ordering import book
from diapason.services.desk.searching import FIELDS, search
from diapason.services.desk.statement import statement

__all__ = ["FIELDS", "book", "catalogue", "inbox", "search", "statement"]
