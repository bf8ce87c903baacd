"""A person's signed word on what no machine can count: one answer, or a sheet of them."""

from diapason.services.declare.declaring import declare, listed
from diapason.services.declare.sheets import from_sheet, to_sheet

__all__ = ["declare", "from_sheet", "listed", "to_sheet"]
