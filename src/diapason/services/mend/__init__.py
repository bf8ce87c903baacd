"""Find the wrong cells of a table with nothing but the table; a person adopts what is to be mended."""

from diapason.services.mend.adopting import adopt, proposals
from diapason.services.mend.running import run
from diapason.services.mend.sheets import read_sheet, write_sheet

__all__ = ["adopt", "proposals", "read_sheet", "run", "write_sheet"]
