"""Where tables lie: a file, a folder, a pattern, a member of an archive; and what a file really is."""

import bz2
import glob
import gzip
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

from diapason.connectors.files.recognising import text_form
from diapason.errors import DataError, DiapasonError
from diapason.vocabulary.language import Text

__all__ = ["Forgiving", "Piece", "find", "form", "is_file", "opened", "reading"]

_TABLES: tuple[str, ...] = (".csv", ".tsv", ".txt", ".dat", ".tab", ".asc", ".parquet", ".pq", ".xlsx", ".xlsm", ".xls")
_TABLES += (".jsonl", ".ndjson", ".lp", ".line")
_PACKED = (".gz", ".bz2", ".xz", ".zip")
_FOREIGN = {
    b"%PDF": Text("a PDF document", "PDF 文档"),
    b"\x89PNG": Text("a PNG picture", "PNG 图片"),
    b"\xff\xd8\xff": Text("a JPEG picture", "JPEG 图片"),
    b"7z\xbc\xaf": Text("a 7z archive", "7z 压缩包"),
    b"Rar!": Text("a RAR archive", "RAR 压缩包"),
    b"\x28\xb5\x2f\xfd": Text("a Zstandard file", "Zstandard 压缩文件"),
    b"SQLite format 3": Text("an SQLite database", "SQLite 数据库"),
    b"\x89HDF": Text("an HDF5 file", "HDF5 文件"),
    b"ARROW1": Text("an Arrow file", "Arrow 文件"),
    b"\x7fELF": Text("a program", "程序文件"),
    b"MZ\x90": Text("a program", "程序文件"),
    b"{\\rtf": Text("a word-processor document", "文字处理文档"),
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_JSON = Text("JSON, not a table", "JSON，不是表格")
_ONE_A_LINE = Text(
    "write one record to a line (JSON Lines), or export it as CSV", "请改为每行一条记录（JSON Lines），或导出为 CSV"
)
_AS_DATABASE = Text("write sqlite:///FILE --table NAME", "请写成 sqlite:///文件 --table 表名")
_AS_TEXT = Text("save or export it as CSV or Parquet first", "请先另存或导出为 CSV 或 Parquet")


@dataclass(frozen=True, slots=True)
class Piece:
    """One table: a file, or a member of a zip archive."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """As a person would write it."""
        return f"{self.path.name}/{self.member}" if self.member else self.path.name

    @property
    def stem(self) -> str:
        """The name without its endings: `d01_te.dat.gz` is `d01_te`."""
        name = Path(self.member or self.path.name).name
        while Path(name).suffix.lower() in _TABLES + _PACKED:
            name = Path(name).stem
        return name

    @property
    def at(self) -> str:
        """For errors."""
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size

    def digest(self) -> str:
        """sha256 of the file's bytes as they lie there."""
        with reading(self), self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def find(source: str, *, recursive: bool = False) -> tuple[Piece, ...]:
    """All tables of a source, in natural order.

    Raises:
        DataError: nothing is there, or nothing that looks like a table; names what is near.
    """
    path = Path(source).expanduser()
    if _exists(path):
        paths = _folder(path, recursive) if path.is_dir() else [path]
    elif glob.has_magic(source):
        matches = glob.glob(str(path), recursive=True)  # noqa: PTH207  # Path.glob takes no absolute pattern
        paths = [Path(p) for p in matches if Path(p).is_file()]
        if not paths:
            raise DataError(
                Text(f"no file matches '{source}'", f"没有文件符合“{source}”"),
                at=str(path.parent),
                fix=Text(
                    "put the pattern in quotes; ** goes into sub-folders", "请给通配符加引号；** 表示包含子文件夹"
                ),
            )
    else:
        raise _absent(path)
    return tuple(piece for p in sorted(set(paths), key=_natural) for piece in _pieces(p))


def form(piece: Piece) -> str:
    """What a file is, by its first bytes: "parquet", "excel", "xls", "records", "points" or "text".

    Raises:
        DataError: it is something else, whatever its name says.
    """
    with opened(piece, salvage=True) as stream:
        head = stream.read(1 << 16)
    if not head:
        raise DataError(
            Text("the file is empty: 0 bytes", "文件是空的：0 字节"),
            at=piece.at,
            fix=Text("export or copy it again", "请重新导出或复制"),
        )
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.lstrip()[:15].lower().startswith((b"<html", b"<!doctype html", b"<table", b"<?xml")):
        raise _foreign(piece, Text("a web page or XML, not a table", "网页或 XML，不是表格"))
    if head.startswith(b"PK\x03\x04") and not piece.member:
        return "excel"
    if head.startswith(_OLD_OFFICE):
        return "xls"
    if head.startswith(b"PK\x03\x04"):
        raise _foreign(piece, Text("an archive within an archive", "压缩包里的压缩包"))
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise _foreign(piece, what, _AS_DATABASE if magic.startswith(b"SQLite") else _AS_TEXT)
    found = text_form(head, piece.name)
    if found == "document":
        raise DataError(_JSON, at=piece.at, fix=_ONE_A_LINE)
    return found


class Forgiving(io.RawIOBase):
    """A packed file that was cut off, read as far as it goes; `cut` says that it was."""

    def __init__(self, inner: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile) -> None:
        super().__init__()
        self._inner, self.cut = inner, False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Bytes as long as there are any."""
        try:
            data = self._inner.read1(len(buffer))
        except EOFError:
            self.cut, data = True, b""
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def opened(piece: Piece, *, salvage: bool = False) -> Iterator[IO[bytes]]:
    """The bytes of a table, unpacked as they are read; of a file that was cut off, the readable part if so wished."""
    with reading(piece), piece.path.open("rb") as file:
        if piece.member:
            with zipfile.ZipFile(file) as archive, archive.open(piece.member) as member:
                yield member
            return
        head = file.read(6)
        file.seek(0)
        packed = _unpacked(file, head)
        if packed is None:
            yield file
        else:
            yield io.BufferedReader(Forgiving(packed) if salvage else packed)


@contextmanager
def reading(piece: Piece) -> Iterator[None]:
    """Says in plain words what went wrong while a file was read."""
    try:
        yield
    except DiapasonError:
        raise
    except PermissionError:
        raise DataError(
            Text("this file may not be read", "没有读取此文件的权限"),
            at=piece.at,
            fix=Text("ask its owner for permission to read it", "请向文件所有者申请读取权限"),
        ) from None
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError) as error:
        raise _torn(piece, error) from error
    except RuntimeError as error:
        if not isinstance(error, NotImplementedError) and "password" not in str(error):
            raise
        raise _locked(piece, error) from error


def _unpacked(file: IO[bytes], head: bytes) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile | None:
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)
    if head.startswith(b"BZh"):
        return bz2.BZ2File(file)
    return lzma.LZMAFile(file) if head.startswith(b"\xfd7zXZ") else None


def is_file(name: str) -> bool:
    """Whether a file of this name is there."""
    path = Path(name).expanduser()
    return _exists(path) and path.is_file()


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _folder(path: Path, recursive: bool) -> list[Path]:
    """The tables in a folder; where there are only sub-folders, say which."""
    found = [p for p in (path.rglob("*") if recursive else path.glob("*")) if p.is_file() and _is_table(p)]
    if found:
        return found
    below: dict[str, int] = {}
    for table in path.rglob("*"):
        if table.is_file() and _is_table(table):
            sub = table.relative_to(path).parts[0]
            below[sub] = below.get(sub, 0) + 1
    listed = ", ".join(f"{name} ({count})" for name, count in sorted(below.items()))
    raise DataError(
        Text("this folder has no tables in it", "此文件夹中没有表格"),
        at=str(path),
        fix=Text(
            f"tables lie in sub-folders: {listed}; name one of them, or say -o recursive=yes",
            f"表格在子文件夹中：{listed}；请指定其中一个，或加 -o recursive=yes",
        )
        if below
        else Text(
            "name a file, or a folder with files ending in " + ", ".join(_TABLES) + " (packed ones too)",
            "请指定文件，或含有以下后缀文件的文件夹：" + "、".join(_TABLES) + "（压缩的也可以）",
        ),
    )


def _is_table(path: Path) -> bool:
    name = path.name.lower()
    packed = next((p for p in _PACKED if name.endswith(p)), "")
    return not name.startswith(("readme", "license", ".")) and (
        packed == ".zip" or name.removesuffix(packed).endswith(_TABLES)
    )


def _pieces(path: Path) -> Iterator[Piece]:
    """One piece per file, or per table in a zip archive."""
    piece = Piece(path)
    if not path.is_file():
        raise DataError(
            Text("this is not a file", "这不是文件"),
            at=str(path),
            fix=Text("name a file or a folder", "请指定文件或文件夹"),
        )
    with reading(piece), path.open("rb") as file:
        if file.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
            yield piece
            return
        with zipfile.ZipFile(file) as archive:
            members = [""] if _is_workbook(archive) else _members(piece, archive)
    yield from (Piece(path, member) for member in members)


def _is_workbook(archive: zipfile.ZipFile) -> bool:
    names = archive.namelist()
    return "[Content_Types].xml" in names and any(re.fullmatch(r"xl/workbook\d*\.xml", n) for n in names)


def _members(piece: Piece, archive: zipfile.ZipFile) -> list[str]:
    names = [i.filename for i in archive.infolist() if not i.is_dir() and "__MACOSX" not in i.filename]
    if "[Content_Types].xml" in names:
        raise _foreign(piece, Text("a binary Excel workbook or Office file", "二进制 Excel 工作簿或 Office 文件"))
    tables = [n for n in names if _is_table(Path(n))]
    if not tables:
        raise DataError(
            Text("this archive has no tables in it", "此压缩包中没有表格"),
            at=piece.at,
            fix=Text(f"it holds: {', '.join(names[:5]) or 'nothing'}", f"其中有：{'、'.join(names[:5]) or '空'}"),
        )
    return sorted(tables, key=lambda n: _natural(Path(n)))


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Sorts `2.csv` before `10.csv`."""
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in re.split(r"(\d+)", str(path)) if p]


def _absent(path: Path) -> DataError:
    beside = [p.name for p in path.parent.iterdir()] if _exists(path.parent) and path.parent.is_dir() else []
    near = get_close_matches(path.name, beside, 3, 0.5)
    shown = str(path) if len(str(path)) <= 200 else str(path)[:200] + "…"
    return DataError(
        Text("there is no such file or folder", "没有这个文件或文件夹"),
        at=shown,
        fix=Text(f"did you mean {' or '.join(near)}?", f"是不是 {' 或 '.join(near)}？")
        if near
        else Text("check the path; the current folder counts", "请检查路径；相对路径以当前文件夹为准"),
    )


def _foreign(piece: Piece, what: Text, fix: Text = _AS_TEXT) -> DataError:
    return DataError(Text(f"this is {what.en}", f"这是{what.zh}"), at=piece.at, fix=fix)


def _torn(piece: Piece, error: Exception) -> DataError:
    ends = isinstance(error, EOFError) or "end-of-stream" in str(error) or "ended before" in str(error)
    if ends:
        return DataError(
            Text("the compressed file ends in the middle: it was cut off", "压缩文件不完整：中途被截断"),
            at=piece.at,
            fix=Text(
                "copy it again, or say -o salvage=yes to take the rows that can be read",
                "请重新复制，或加 -o salvage=yes 只取能读出的行",
            ),
        )
    return DataError(
        Text(f"the file is damaged: {error}", f"文件已损坏：{error}"),
        at=piece.at,
        fix=Text("copy or export it again", "请重新复制或导出"),
    )


def _locked(piece: Piece, error: Exception) -> DataError:
    if "password" in str(error):
        return DataError(
            Text("this archive is locked with a password", "此压缩包有密码"),
            at=piece.at,
            fix=Text("unpack it first and name the files in it", "请先解压，再指定其中的文件"),
        )
    return DataError(Text(f"this cannot be read: {error}", f"无法读取：{error}"), at=piece.at, fix=_AS_TEXT)
