"""Tables of databases: SQLite files and PostgreSQL, by a table's name or one SELECT."""

from diapason.connectors.sql.connector import batches, frames

__all__ = ["batches", "frames"]
