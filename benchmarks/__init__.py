"""Every bar, measured: `python -m benchmarks.NAME [--quick] [--json]`."""
