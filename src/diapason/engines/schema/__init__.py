"""What the columns of a table are for: roles, kinds and units proposed, each with why and how sure."""

from diapason.engines.schema.proposing import SURE, Doubt, Proposal, propose
from diapason.engines.schema.units import unit_code

__all__ = ["SURE", "Doubt", "Proposal", "propose", "unit_code"]
