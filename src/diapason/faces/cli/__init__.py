"""The command line: one file per command, each parses, calls one service, prints."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Entry point of `diapason`.

    Work is spread over the workers, one thread each: sums are rounded alike on any machine, and a busy one is not
    made to wait for threads that wait for each other.
    """
    import os
    import sys

    from diapason.faces.cli.app import called

    for name in THREADS:
        os.environ.setdefault(name, "1")
    for stream in (sys.stdout, sys.stderr):  # a name that cannot be shown must not break what is said
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(called(sys.argv[1:]))
