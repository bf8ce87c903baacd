"""Errors that are not ours, put into our words: what, where, fix."""

import errno
from pathlib import Path
from traceback import extract_tb

from diapason.errors import DiapasonError
from diapason.vocabulary.language import Text

__all__ = ["Defect", "SystemRefused", "from_defect", "from_system"]


class SystemRefused(DiapasonError):
    """The operating system said no."""


class Defect(DiapasonError):
    """Diapason itself is wrong."""


_KNOWN = {
    errno.ENOENT: (
        Text("there is no such file or folder", "没有这个文件或文件夹"),
        Text("check the path", "请检查路径"),
    ),
    errno.EACCES: (
        Text("this may not be read or written", "没有读写权限"),
        Text("choose another place, or ask its owner for the right", "请换一个位置，或向其所有者申请权限"),
    ),
    errno.ENOSPC: (
        Text("the disk is full", "磁盘已满"),
        Text("make room, then call again: what was done is kept", "请腾出空间后重试：已完成的部分都已保留"),
    ),
    errno.EROFS: (
        Text("this disk cannot be written", "该磁盘不可写"),
        Text("choose another place", "请换一个位置"),
    ),
    errno.ENOTDIR: (
        Text("a file stands where a folder is needed", "此处应为文件夹，却是文件"),
        Text("choose another path", "请换一个路径"),
    ),
    errno.EISDIR: (
        Text("a folder stands where a file is needed", "此处应为文件，却是文件夹"),
        Text("name a file", "请给出文件名"),
    ),
    errno.ENAMETOOLONG: (Text("this name is too long", "名称过长"), Text("shorten it", "请缩短")),
}
_KNOWN[errno.EPERM] = _KNOWN[errno.EACCES]
_KNOWN[errno.EDQUOT] = _KNOWN[errno.ENOSPC]


def from_system(error: OSError) -> SystemRefused:
    """What the operating system refused, in both languages."""
    other = Text(f"the system refuses: {error.strerror or error}", f"系统拒绝：{error.strerror or error}")
    what, fix = _KNOWN.get(error.errno or 0, (other, Text("check the path and the disk", "请检查路径与磁盘")))
    return SystemRefused(what, at=str(error.filename or ""), fix=fix)


def from_defect(error: Exception) -> Defect:
    """An error nobody foresaw: where it rose, and how to tell us the whole of it."""
    where = extract_tb(error.__traceback__)[-1]
    said = f"{type(error).__name__}: {error}"[:300]
    return Defect(
        Text(f"this is a defect of diapason: {said}", f"这是 diapason 自身的缺陷：{said}"),
        at=f"{Path(where.filename).name}:{where.lineno}, {where.name}",
        fix=Text(
            "please report it with what the same call prints under DIAPASON_TRACE=1",
            "请在 DIAPASON_TRACE=1 下重新运行，并将输出一并报告",
        ),
    )
