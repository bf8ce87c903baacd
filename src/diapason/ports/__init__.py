"""What the outside must offer, as Protocols, and how it is found by name."""

from diapason.ports.finding import find, names, reader_of

__all__ = ["find", "names", "reader_of"]
