"""Connect to a line: browse it, choose tags, and keep what is to be read as a file that a person edits."""

from diapason.services.connect.browsing import Wish
from diapason.services.connect.file import Chosen, Connection, connection, connections
from diapason.services.connect.opening import line_of, opened
from diapason.services.connect.running import connect, listed, show

__all__ = [
    "Chosen",
    "Connection",
    "Wish",
    "connect",
    "connection",
    "connections",
    "line_of",
    "listed",
    "opened",
    "show",
]
