"""Data work orders to people: rows, sensors, calibrations, audits; what each promises, and what it gave."""

from diapason.services.order.calibration import calibration
from diapason.services.order.closing import close
from diapason.services.order.keeping import listed, orders, place

__all__ = ["calibration", "close", "listed", "orders", "place"]
