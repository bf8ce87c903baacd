"""Records are complete or absent: after a kill at any byte, on a full disk, and over many files."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diapason.errors import BrokenEvidence, Conflict
from diapason.stores.spool import SegmentSpool


def kept(folder: Path, after: int = 0) -> list[tuple[int, bytes]]:
    return list(SegmentSpool(folder, reading=True).records(after))


def filled(folder: Path, payloads: list[bytes], **more: int) -> SegmentSpool:
    spool = SegmentSpool(folder, **more)
    for payload in payloads:
        spool.append(payload)
    spool.sync()
    return spool


def test_records_come_back_in_order_and_are_freed_file_by_file(tmp_path):
    payloads = [bytes([k]) * (k * 7 % 50) for k in range(200)]
    spool = filled(tmp_path, payloads, segment=300)
    assert kept(tmp_path) == list(enumerate(payloads, start=1))
    assert kept(tmp_path, after=150) == list(enumerate(payloads[150:], start=151))
    before = spool.size
    assert spool.free(100) == before - spool.size > 0
    assert kept(tmp_path, 100)[0][0] == 101
    spool.free(200)
    spool.close()
    again = SegmentSpool(tmp_path)
    assert (again.append(b"next"), again.id) == (201, spool.id)


@settings(max_examples=60, deadline=None)
@given(payloads=st.lists(st.binary(max_size=40), min_size=1, max_size=6), cut=st.integers(0, 400), rub=st.booleans())
def test_whatever_byte_a_kill_comes_at_only_the_last_record_is_gone(tmp_path_factory, payloads, cut, rub):
    folder = tmp_path_factory.mktemp("spool")
    filled(folder, payloads).close()
    (path,) = folder.glob("*.seg")
    data = path.read_bytes()
    cut = min(cut, len(data))
    left = data[:cut] + (b"\0" * 5 if rub else b"")  # some systems fill up with zeros, which may be what was there
    path.write_bytes(left)
    same = next((k for k, (a, b) in enumerate(zip(left, data, strict=False)) if a != b), min(len(left), len(data)))
    ends = [8]
    for payload in payloads:
        ends.append(ends[-1] + 16 + len(payload))
    whole = max([k for k, end in enumerate(ends) if end <= same], default=0)
    if cut < 8 and rub:
        return  # a file that never was one of ours
    spool = SegmentSpool(folder)
    assert [p for _, p in spool.records()] == payloads[:whole]
    assert spool.append(b"after") == whole + 1
    spool.close()
    assert [p for _, p in kept(folder)] == [*payloads[:whole], b"after"]


def test_a_record_that_was_complete_and_is_damaged_is_told(tmp_path):
    filled(tmp_path, [b"x" * 50] * 20, segment=300).close()
    first = min(tmp_path.glob("*.seg"))
    data = bytearray(first.read_bytes())
    data[40] ^= 1
    first.write_bytes(data)
    with pytest.raises(BrokenEvidence, match="record 1 of the spool is damaged"):
        kept(tmp_path)


def test_a_full_spool_says_so_takes_nothing_and_goes_on_when_there_is_room(tmp_path):
    spool = SegmentSpool(tmp_path, limit=1000, segment=200)
    while spool.size + 66 < 1000 - 8:
        spool.append(b"x" * 50)
    with pytest.raises(Conflict, match="the spool is full"):
        spool.append(b"x" * 50)
    last = spool.last
    spool.free(last)
    assert spool.append(b"y") == last + 1
    spool.close()
    assert [n for n, _ in kept(tmp_path)][-1] == last + 1


_WRITER = """
import resource, sys
from pathlib import Path
from diapason.errors import Conflict
from diapason.stores.spool import SegmentSpool
spool = SegmentSpool(Path(sys.argv[1]))
for _ in range(3):
    spool.append(b"a" * 100)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (400, hard))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    spool.append(b"b" * 100)
    print("written")
except Conflict as error:
    print("refused")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
print(spool.append(b"c" * 100))
spool.close()
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of files are POSIX")
def test_a_disk_that_fills_up_in_a_record_leaves_nothing_of_it(tmp_path):
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] in (-1, resource.RLIM_INFINITY)
    done = subprocess.run([sys.executable, "-c", _WRITER, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["refused", "4"], done.stderr
    assert [p[:1] for _, p in kept(tmp_path)] == [b"a", b"a", b"a", b"c"]


def test_another_folder_is_another_spool(tmp_path):
    assert SegmentSpool(tmp_path / "a").id != SegmentSpool(tmp_path / "b").id
    assert SegmentSpool(tmp_path / "nothing", reading=True).id == ""
