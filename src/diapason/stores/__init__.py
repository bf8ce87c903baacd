"""Lake, vault and ledger: where state lives."""
