"""The embedded plant as a source of tables: `plant:soft_sensor?seed=7&days=180`."""

from diapason.connectors.plant.connector import batches

__all__ = ["batches"]
