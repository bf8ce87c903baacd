"""Incidents: a record in one fixed schema, the clocks that run, the playbook, an export to share, and a timed drill."""

from diapason.services.incident.drilling import drill
from diapason.services.incident.record import schema
from diapason.services.incident.sharing import export
from diapason.services.incident.viewing import listed, view
from diapason.services.incident.writing import close, note, open_

__all__ = ["close", "drill", "export", "listed", "note", "open_", "schema", "view"]
