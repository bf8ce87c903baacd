"""The embedded plant: a hydrogenation cell from first principles, its people, its records, and faults of known truth.

A test bench, never a substitute for results on real data.
"""

from diapason.engines.plant.cell import Cell
from diapason.engines.plant.damage import plant_defects
from diapason.engines.plant.defects import DEFECTS, Defect, defect_menu
from diapason.engines.plant.faults import FAULTS, Fault, fault_menu
from diapason.engines.plant.fleet import pump_life
from diapason.engines.plant.history import History, Plant, months, simulate
from diapason.engines.plant.settings import Settings
from diapason.engines.plant.tables import batch_release, changed_cells, fault_watch, soft_sensor, soft_sensor_menu
from diapason.engines.plant.tags import ASSETS, TAGS, Tag

__all__ = [
    "ASSETS",
    "DEFECTS",
    "FAULTS",
    "TAGS",
    "Cell",
    "Defect",
    "Fault",
    "History",
    "Plant",
    "Settings",
    "Tag",
    "batch_release",
    "changed_cells",
    "defect_menu",
    "fault_menu",
    "fault_watch",
    "months",
    "plant_defects",
    "pump_life",
    "simulate",
    "soft_sensor",
    "soft_sensor_menu",
]
