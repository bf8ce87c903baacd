"""Bring another table to a dataset: by key, in time, on a common clock, or by batch genealogy."""

from diapason.services.join.asking import Asked
from diapason.services.join.running import run

__all__ = ["Asked", "run"]
