"""The command line: one file per command, each parses, calls one service, prints."""


def main() -> None:
    """Entry point of `diapason`."""
    import sys

    from diapason.faces.cli.app import called

    for stream in (sys.stdout, sys.stderr):  # a name that cannot be shown must not break what is said
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(called(sys.argv[1:]))
