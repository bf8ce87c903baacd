"""Fakes and conformance checks for authors of connectors, stores, recipes and treatments."""
