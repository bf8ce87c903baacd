"""Contracts of datasets: rules proposed from data, and the forms in which others write them."""

from diapason.engines.contracts.foreign import Read, read
from diapason.engines.contracts.judging import BECAUSE, Judge, Look, Rule
from diapason.engines.contracts.keeping import Broken, broken, rules
from diapason.engines.contracts.odcs import to_odcs
from diapason.engines.contracts.proposing import propose

__all__ = ["BECAUSE", "Broken", "Judge", "Look", "Read", "Rule", "broken", "propose", "read", "rules", "to_odcs"]
