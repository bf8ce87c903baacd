"""Tables in files: text and Parquet, one file, a folder or a pattern, plain or compressed."""

from diapason.connectors.files.connector import batches

__all__ = ["batches"]
