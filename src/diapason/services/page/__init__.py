"""What a reader holds in hands: content of a report, as one HTML file or as PDF/A."""

from datetime import datetime
from pathlib import Path

from diapason.ports.disk import write_whole
from diapason.services.page.content import Content
from diapason.services.page.html import page
from diapason.services.page.printed import printed
from diapason.vocabulary.language import Language

__all__ = ["write"]


def write(content: Content, to: Path, language: Language, at: datetime) -> Path:
    """Write the file, whole or not at all: PDF/A where its name says so, else HTML.

    Args:
        content: already in that language.
        at: the date of the document.

    Raises:
        Missing: PDF was asked for, and typst or a font is not here.
    """
    pdf = to.suffix.lower() == ".pdf"
    write_whole(to, printed(content, language, at) if pdf else page(content, language).encode())
    return to
