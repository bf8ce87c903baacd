"""Read TC609 records back as the table that they were written from."""

import json
from pathlib import Path

import polars as pl

from diapason.engines.cards import table
from diapason.errors import DataError, NotFound
from diapason.vocabulary.language import Text

__all__ = ["read"]


def read(records: str | Path, schema: str | Path = "") -> pl.DataFrame:
    """The table of a file of records.

    Args:
        schema: the file that was written with it; default the one beside it.

    Raises:
        NotFound: there is no such file.
        DataError: a line is no record, or the schema is not of records written here.
    """
    lines = Path(records)
    beside = Path(schema) if schema else lines.with_name(lines.name.removesuffix(".jsonl") + ".schema.json")
    for path in (lines, beside):
        if not path.is_file():
            raise NotFound(
                Text(f"there is no file {path}", f"没有文件 {path}"),
                at=str(path),
                fix="diapason card DATASET --form tc609",
            )
    try:
        said = json.loads(beside.read_bytes())
        said["x-columns"][0]["name"], said["x-columns"][0]["type"]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(
            Text("this is no schema of records written here", "这不是此处写出的记录模式"),
            at=str(beside),
            fix="diapason card DATASET --form tc609",
        ) from error
    with lines.open("rb") as file:
        return table(said, file)
