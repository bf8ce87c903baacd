"""A stranger's question to an evidence file: does it hold, and how far was that rechecked. Offline, no workspace."""

from diapason.services.verify.checking import CANNOT, checked, verdict, verify

__all__ = ["CANNOT", "checked", "verdict", "verify"]
