"""Which encoding a text is in: by its mark, by its bytes; where two readings are possible, a person is asked."""

import codecs
import re
from dataclasses import dataclass

from diapason.errors import DataError, Unsure
from diapason.vocabulary.language import Text
from diapason.vocabulary.questions import Choice, Question

__all__ = ["Encoding", "by_bytes", "by_mark", "foreign", "named", "other_than"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HIGH = re.compile(rb"[\x80-\xff]+")
_UTF8 = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){2}|\xef\xbc[\x80-\xbf]")
_CANDIDATES = ("gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "cp1251")


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec, how many bytes of mark to leave out, and why we think so."""

    codec: str
    why: Text
    mark: int = 0

    @property
    def wide(self) -> bool:
        """Two or four bytes to a character: a newline is not one byte."""
        return self.codec.startswith(("utf-16", "utf-32"))


def named(codec: str, at: str) -> Encoding:
    """The encoding a person has named.

    Raises:
        DataError: Python knows no such codec.
    """
    try:
        found = codecs.lookup(codec).name
        "".encode(found)
    except (LookupError, ValueError, TypeError):
        raise DataError(
            Text(f"there is no encoding '{codec}'", f"没有“{codec}”这种编码"),
            at=at,
            fix=Text("use utf-8, utf-16, gb18030, cp1252 or another", "可用 utf-8、utf-16、gb18030、cp1252 等"),
        ) from None
    return Encoding(found, Text("you said so", "由您指定"))


def by_mark(head: bytes) -> Encoding | None:
    """The encoding that the first bytes show: a byte order mark, or every second byte zero."""
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Encoding(
                codec, Text("the file begins with its mark (BOM)", "文件开头有字节顺序标记（BOM）"), len(mark)
            )
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    half = max(1, min(len(head), 4096) // 2)
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > 0.4 * half and others < 0.05 * half:
            return Encoding(codec, Text("every second byte is zero", "每隔一个字节为零"))
    return None


def by_bytes(data: bytes, at: str) -> Encoding:
    """The encoding of text with bytes above 127 and no mark.

    Raises:
        Unsure: more than one reading makes sense.
    """
    lines = [line for line in data.split(b"\n") if not line.isascii()][:2000]
    if _share(lines, "utf-8") >= 0.5:
        return Encoding("utf-8", Text("its bytes are valid UTF-8", "字节符合 UTF-8"))
    runs = [len(run) for line in lines for run in _HIGH.findall(line)]
    paired = sum(n % 2 == 0 for n in runs) / max(1, len(runs))
    if paired > 0.8 and _share(lines, "gb18030") > 0.9:
        if _common(lines) > 0.8:
            return Encoding("gb18030", Text("its bytes pair up as common Chinese characters", "字节成对，构成常用汉字"))
        raise _ask(lines, at)
    both = [_read(line, "utf-8") is not None or other_than("utf-8", line) == "gb18030" for line in lines]
    if sum(both) > 0.95 * len(lines):
        return Encoding("gb18030", Text("most lines are common Chinese characters", "多数行构成常用汉字"))
    if paired < 0.5 and _share(lines, "cp1252") > 0.9:
        return Encoding(
            "cp1252", Text("single bytes above 127, as Windows writes in the West", "单个高位字节，西文 Windows 的写法")
        )
    raise _ask(lines, at)


def _share(lines: list[bytes], codec: str) -> float:
    return sum(_read(line, codec) is not None for line in lines) / max(1, len(lines))


def _read(line: bytes, codec: str) -> str | None:
    try:
        return line.decode(codec)
    except UnicodeDecodeError:
        return None


def _common(lines: list[bytes]) -> float:
    """Share of the characters that simplified Chinese really uses (GB 2312, level 1, and punctuation)."""
    text = [c for line in lines for c in line.decode("gb18030", "ignore") if ord(c) > 127]
    return sum(_level(c) for c in text) / max(1, len(text))


def _level(character: str) -> bool:
    try:
        first = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xA1 <= first <= 0xD7 and not 0xA4 <= first <= 0xAF


def foreign(data: bytes) -> bool:
    """Whether a text in GB 18030 holds lines that look like UTF-8."""
    return _UTF8.search(data) is not None


def other_than(codec: str, line: bytes) -> str:
    """The encoding of a line that is not in that of its file, where files of both were put together; "" where it is.

    >>> other_than("utf-8", "温度正常".encode("gb18030")), other_than("gb18030", "温度正常".encode())
    ('gb18030', 'utf-8')
    """
    if line.isascii():
        return ""
    if codec == "utf-8":
        chinese = _read(line, "utf-8") is None and _read(line, "gb18030") is not None
        return "gb18030" if chinese and _common([line]) > 0.8 else ""
    if codec != "gb18030" or _UTF8.search(line) is None:
        return ""
    text = _read(line, "utf-8")
    return "utf-8" if text is not None and (_read(line, codec) is None or _common([line]) < 0.8) else ""


def _ask(lines: list[bytes], at: str) -> Unsure:
    sample = max(lines, key=lambda line: len(_HIGH.findall(line)))[:400]
    readings = {codec: _read(sample, codec) for codec in _CANDIDATES}
    choices = tuple(
        Choice(codec, Text(_window(text), _window(text))) for codec, text in readings.items() if text is not None
    )
    question = Question("options.encoding", Text("In which encoding is this text?", "这段文字是什么编码？"), choices)
    shown = "; ".join(f"{c.value}: {c.means.en}" for c in choices)
    return Unsure(
        Text("the text is not UTF-8, and its encoding is not clear", "文本不是 UTF-8，编码不明确"),
        at=at,
        fix=Text(f"say -o encoding=…; read as {shown}", f"请加 -o encoding=…；各种读法：{shown}"),
        questions=(question,),
    )


def _window(text: str) -> str:
    first = next((i for i, c in enumerate(text) if ord(c) > 127), 0)
    return text[max(0, first - 10) : first + 20].strip()
