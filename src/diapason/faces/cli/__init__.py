"""The command line: one file per command, each parses, calls one service, prints."""


def main() -> None:
    """Entry point of `diapason`."""
    from diapason.faces.cli.app import app

    app()
