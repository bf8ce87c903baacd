"""`python -m diapason` is the command line."""

from diapason.faces.cli import main

main()
