"""Text of times, as databases write it, into UTC."""

import polars as pl

__all__ = ["counted", "moments"]

_MICRO = pl.Datetime("us", "UTC")
_SHAPE = r"^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?$"
_ZONE = r"\s?(Z|[+-]\d{2}(?::?\d{2})?)$"
_PER_SECOND = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}


def moments(cells: pl.Series, timezone: str) -> pl.Series:
    """Times in UTC to the microsecond; missing where a text is none.

    >>> moments(pl.Series(["2026-11-03 08:00", "2026-11-03T08:00:00+08:00", "infinity"]), "").dt.hour().to_list()
    [8, 0, None]
    """
    text = cells.str.strip_chars()
    zone = text.str.slice(10).str.extract(_ZONE, 1)
    bare = pl.select(pl.when(zone.is_not_null()).then(text.str.replace(_ZONE, "")).otherwise(text)).to_series()
    bare = bare.set(~bare.str.contains(_SHAPE).fill_null(value=False), None).str.replace("T", " ", literal=True)
    full = bare + pl.Series([" 00:00:00", ":00", ""], dtype=pl.String).gather(
        pl.select(
            pl.when(bare.str.len_chars() <= 10).then(0).when(bare.str.len_chars() <= 16).then(1).otherwise(2)
        ).to_series()
    )
    wall = full.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    local = wall.dt.replace_time_zone(
        timezone or "UTC", ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")
    if not zone.is_not_null().any():
        return local.alias(cells.name)
    digits = zone.str.replace_all(r"[Z:+-]", "").str.pad_end(4, "0").cast(pl.Int64, strict=False)
    minutes = (digits // 100 * 60 + digits % 100) * pl.select(
        pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    ).to_series()
    shifted = wall.dt.replace_time_zone("UTC") - (minutes * 60_000_000).cast(pl.Duration("us"))
    return (
        pl.select(pl.when(zone.is_not_null()).then(shifted).otherwise(local)).to_series().alias(cells.name).cast(_MICRO)
    )


def counted(values: pl.Series, kind: str) -> pl.Series:
    """Times counted since 1970, from whole or broken numbers; missing beyond the calendar."""
    exact = values.cast(pl.Int64, strict=False) * 10**6 // _PER_SECOND[kind] if values.dtype == pl.Int64 else None
    micro = (values * (1e6 / _PER_SECOND[kind])).round().cast(pl.Int64, strict=False) if exact is None else exact
    inside = micro.is_between(-62_135_596_800 * 10**6, 253_402_300_799 * 10**6).fill_null(value=False)
    return micro.set(~inside, None).cast(_MICRO)
