"""Find what in the data hurts the model, try to mend it, and adopt only what is proved; say what was ruled out."""

from diapason.services.resonate.answering import audit_answers
from diapason.services.resonate.control_words import control_table
from diapason.services.resonate.precision import precision
from diapason.services.resonate.repair_words import does
from diapason.services.resonate.running import rerun, run
from diapason.services.resonate.saying import reason
from diapason.services.resonate.sheets import audit_sheet

__all__ = ["audit_answers", "audit_sheet", "control_table", "does", "precision", "reason", "rerun", "run"]
