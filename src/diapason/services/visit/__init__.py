"""The visiting trial: another company's learner and repairs, tried on data that stays, under a signed contract."""

from diapason.services.visit.admitting import look
from diapason.services.visit.bundles import Accept, Wishes, pack
from diapason.services.visit.contract import FIELDS, sign
from diapason.services.visit.drafting import draft
from diapason.services.visit.mapping import pairs
from diapason.services.visit.reading import read
from diapason.services.visit.releasing import prepare, release
from diapason.services.visit.running import run

__all__ = ["FIELDS", "Accept", "Wishes", "draft", "look", "pack", "pairs", "prepare", "read", "release", "run", "sign"]
