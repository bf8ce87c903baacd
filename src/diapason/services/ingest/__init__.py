"""Bring tables in: read, say what was assumed, agree on a contract, store a version, keep refused rows beside."""

from diapason.services.ingest.aside import QUARANTINE
from diapason.services.ingest.contracts import contract, contract_text, keep_contract
from diapason.services.ingest.running import run

__all__ = ["QUARANTINE", "contract", "contract_text", "keep_contract", "run"]
