"""A programme's database: SQLite for an office, PostgreSQL for a nation, by the same SQL."""

from diapason.stores.programme.connecting import opened

__all__ = ["opened"]
