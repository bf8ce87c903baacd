"""A person's signed word on what no machine can count: one answer, or a sheet of them."""

from diapason.services.declare.declaring import Answer, checked, declare, keep, listed
from diapason.services.declare.sheets import from_sheet, to_sheet

__all__ = ["Answer", "checked", "declare", "from_sheet", "keep", "listed", "to_sheet"]
