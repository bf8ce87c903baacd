"""Modbus TCP: maps, words, polling, writing, and pymodbus's own client against our server."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.client import AsyncModbusTcpClient

from diapason.connectors import modbus
from diapason.connectors.modbus.blocks import Plan, blocks_of
from diapason.connectors.modbus.maps import COLUMNS, read_map, write_map
from diapason.connectors.modbus.words import ORDERS, TYPES, form_of, read, written
from diapason.errors import Conflict, DataError, DiapasonError, Missing, NotFound, Refused
from diapason.testing.connectors import check_folder
from diapason.testing.lines import check_line, cut
from diapason.vocabulary.line import Kind, Seen


@asynccontextmanager
async def served(plant, folder: Path, **options) -> AsyncIterator:
    server = modbus.serve(plant, {"port": 0, "folder": folder, **options})
    server.address = await server.start()
    going = asyncio.create_task(plant.live(server))
    try:
        yield server
    finally:
        going.cancel()
        with suppress(asyncio.CancelledError):
            await going
        await server.stop()


def _map(folder: Path, *lines: str) -> str:
    path = folder / "map.csv"
    path.write_text("\n".join([",".join(COLUMNS[:12]), *lines]), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("order", ORDERS)
def test_it_keeps_the_public_promises_in_every_order_of_bytes(small_plant, tmp_path: Path, order: str) -> None:
    async def story() -> None:
        async with served(small_plant, tmp_path, order=order) as server:
            options = {**server.options, "period": 0.1}
            tags, units = ["R-1/TIC.PV", "R-2/TIC.SP"], {"R-1/TIC.PV": "Cel"}
            looked = await check_line(
                modbus, server.address, options=options, tags=tags, units=units, cuts=order == "ABCD"
            )
            assert looked.read.values[1] == 50.0

    asyncio.run(story())


def test_the_folder_says_what_it_promises() -> None:
    assert check_folder(Path(modbus.__file__).parent)["writes-once"] == "done"


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(sorted(TYPES)), order=st.sampled_from(ORDERS), data=st.data())
def test_what_is_written_is_read_again(kind: str, order: str, data) -> None:
    form = form_of(kind, order, 1.0, 0.0)
    if "int" in kind:
        info = np.iinfo(TYPES[kind])
        value = float(data.draw(st.integers(max(info.min, -(2**53)), min(info.max, 2**53))))
    else:
        value = data.draw(st.floats(width=32, allow_nan=False, allow_infinity=False))
    assert read(np.array([written(value, form)], np.uint16), form)[0] == value


def test_words_stand_as_the_devices_write_them() -> None:
    by_hand = {"ABCD": (0x4248, 0x0000), "CDAB": (0x0000, 0x4248), "BADC": (0x4842, 0x0000), "DCBA": (0x0000, 0x4842)}
    for order, words in by_hand.items():
        assert written(50.0, form_of("float32", order, 1.0, 0.0)) == list(words)
    assert written(-2.0, form_of("int32", "CDAB", 1.0, 0.0)) == [0xFFFE, 0xFFFF]
    assert read(np.array([[0b1000]], np.uint16), form_of("bit:3", "ABCD", 1.0, 0.0)).tolist() == [1.0]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("int16", 40000.0), ("uint16", -1.0), ("float32", 1e300), ("int64", 1e30), ("int16", float("nan"))],
)
def test_what_does_not_fit_is_not_written(kind: str, value: float) -> None:
    with pytest.raises(ValueError, match=r"outside|too large|no finite"):
        written(value, form_of(kind, "ABCD", 1.0, 0.0))


def test_registers_side_by_side_are_read_together(tmp_path: Path) -> None:
    rows = read_map(
        _map(
            tmp_path,
            *(f"t{i},1,holding,{i * 2},float32,,,,,,," for i in range(100)),
            "far,1,holding,500,int16,,,,,,,",
            "c,1,coil,3,,,,,,,,",
        )
    )
    blocks = blocks_of(rows)
    assert [(b.table, b.address, b.count) for b in blocks] == [
        ("coil", 3, 1), ("holding", 0, 124), ("holding", 124, 76), ("holding", 500, 1),
    ]  # fmt: skip
    assert len(blocks_of(rows, gap=400, most=125)) == 4  # a block may not be longer than the device allows
    words = np.arange(sum(b.count for b in blocks), dtype=np.uint16)
    values, _ = Plan(rows, blocks).values(words)
    for i, row in enumerate(rows[:100]):
        start = 1 + row.address
        assert values[i] == pytest.approx(struct.unpack(">f", struct.pack(">HH", start, start + 1))[0])


@pytest.mark.parametrize(
    ("line", "column", "why"),
    [
        (",1,holding,0,int16", "tag", "without a tag"),
        ("T,x,holding,0,int16", "unit_id", "no number from 0 to 255"),
        ("T,1,holdings,0,int16", "table", "is no table"),
        ("T,1,holding,70000,int16", "address", "no number from 0 to 65535"),
        ("T,1,holding,65535,int32", "address", "no number from 0 to 65534"),
        ("T,1,holding,0,int24", "type", "is no type"),
        ("T,1,holding,0,bit:16", "type", "is no type"),
        ("T,1,coil,0,int16", "type", "coils and discrete inputs"),
        ("T,1,holding,0,int16,ACBD", "order", "is no order"),
        ("T,1,holding,0,int16,,0", "scale", "a scale of zero"),
        ("T,1,holding,0,int16,,x", "scale", "is no number"),
        ("T,1,holding,0,int16,,,,,nan", "low", "is no number"),
        ("T,1,input,0,int16,,,,,,,yes", "writable", "can't be written"),
        ("T,1,holding,0,int16,,,,,,,perhaps", "writable", "neither yes nor no"),
        ("T,1,holding,0,int16,,,,,,,,,,,too,many", "…", "more cells than columns"),
    ],
)
def test_a_wrong_line_of_a_map_is_named(tmp_path: Path, line: str, column: str, why: str) -> None:
    with pytest.raises(DataError, match=why) as caught:
        read_map(_map(tmp_path, "fine,1,holding,9,int16,,,,,,,", line))
    assert caught.value.at.endswith(f"map.csv, line 3, column {column}")
    assert all(caught.value.said("zh").values())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "lacks the column 'tag'"), ("tag,unit_id,table,address\n", "lacks the column 'type'"),
        ("tag,unit_id,table,address,type,colour\n", "unknown column 'colour'"),
        ("tag,unit_id,table,address,type\n", "no tags"), ('tag,unit_id,table,address,type\n"a,1,coil', "no CSV"),
        ("tag,unit_id,table,address,type\na,1,holding,0,int16\na,1,holding,1,int16\n", "stands in line 2 already"),
    ],
)  # fmt: skip
def test_a_map_that_cannot_be_read_says_why(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "map.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=why):
        read_map(path)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_is_a_map_or_an_error_that_helps(tmp_path_factory, text: str) -> None:
    path = tmp_path_factory.mktemp("maps") / "map.csv"
    path.write_bytes(("tag,unit_id,table,address,type\n" + text).encode("utf-8", "surrogatepass"))
    with suppress(DataError):
        read_map(path)


def test_a_map_is_written_as_it_is_read(small_plant, tmp_path: Path) -> None:
    rows = modbus.serve(small_plant, {"folder": tmp_path, "order": "CDAB", "float": "float32"}).rows
    write_map(tmp_path / "map.csv", rows)
    assert read_map(tmp_path / "map.csv") == rows


def test_set_points_and_coils_move_the_plant(small_plant, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(small_plant, tmp_path) as server:
            line = await modbus.open_line(server.address, server.options, writes=True)
            await line.write("R-1/TIC.SP", 77.5, "Cel")
            await line.write("R-2/RUN", 0.0, "")
            assert small_plant.written == [("R-1/TIC.SP", 77.5), ("R-2/RUN", 0.0)]
            read = await line.read(["R-1/TIC.SP", "R-2/RUN", "R-1/COUNT", "R-1/MODE"])
            assert read.values[:3].tolist() == [77.5, 0.0, -3.0]
            assert read.texts == {3: "auto"}
            for tag, value, unit, error, why in (
                ("R-1/TIC.PV", 1.0, "Cel", Refused, "does not let"),
                ("R-1/TIC.SP", 1.0, "K", Refused, "is in 'Cel'"),
                ("R-1/TIC.SP", 999.0, "Cel", Refused, "does not take this value"),
                ("R-1/RUN", 2.0, "", Refused, "0 or 1"),
                ("R-1/TIC.SP", float("nan"), "Cel", Refused, "does not fit"),
                ("X", 1.0, "", NotFound, "no tag"),
            ):
                with pytest.raises(error, match=why):
                    await line.write(tag, value, unit)
            assert small_plant.values[1] == 77.5
            await line.close()

    asyncio.run(story())


def test_pymodbus_reads_our_registers_and_half_a_value_is_refused(small_plant, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(small_plant, tmp_path) as server:
            rows = {row.point.tag: row for row in read_map(server.map)}
            port = int(server.address.rsplit(":", 1)[1])
            client = AsyncModbusTcpClient("127.0.0.1", port=port)
            assert await client.connect()
            row = rows["R-2/TIC.PV"]
            answer = await client.read_input_registers(row.address, count=4, device_id=1)
            value = client.convert_from_registers(answer.registers, client.DATATYPE.FLOAT64)
            assert value == pytest.approx(small_plant.values[5], abs=1.0)
            assert (await client.read_coils(rows["R-1/RUN"].address, count=2, device_id=1)).bits[:2] == [True, True]
            assert (await client.read_holding_registers(40_000, count=2, device_id=1)).exception_code == 2
            half = await client.write_register(rows["R-1/TIC.SP"].address, 0x4059, device_id=1)
            assert half.exception_code == 3
            whole = client.convert_to_registers(61.25, client.DATATYPE.FLOAT64)
            assert not (await client.write_registers(rows["R-1/TIC.SP"].address, whole, device_id=1)).isError()
            both = await client.write_coils(rows["R-1/RUN"].address, [False, True], device_id=1)
            assert not both.isError()
            assert small_plant.written == [("R-1/TIC.SP", 61.25), ("R-1/RUN", 0.0), ("R-2/RUN", 1.0)]
            client.close()

    asyncio.run(story())


def test_an_address_that_is_not_there_does_not_hide_its_neighbours(small_plant, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(small_plant, tmp_path) as server:
            rows = server.rows
            text = server.map.read_text(encoding="utf-8")
            end = max(row.end for row in rows if row.table == "input")
            server.map.write_text(text + f"ghost,1,input,{end},int16\n", encoding="utf-8")
            line = await modbus.open_line(server.address, {**server.options, "period": 0.05})
            packets = []
            async for packet in line.listen(["R-2/MODE", "R-1/TIC.PV", "ghost"]):
                packets.append(packet)
                if len(packets) == 3:
                    break
            assert packets[-1].trust.tolist() == [Seen.GOOD, Seen.GOOD, Seen.BAD]
            assert "no such address" in line.refused["ghost"].en
            await line.close()

    asyncio.run(story())


def test_polls_that_do_not_happen_are_missing_numbers(small_plant, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(small_plant, tmp_path) as server, cut(server.address) as proxy:
            line = await modbus.open_line(proxy.address, {**server.options, "period": 0.1, "timeout": 0.5})
            stream = line.listen(["R-1/TIC.PV"])
            numbers = [(await anext(stream)).sequence for _ in range(3)]
            await proxy.cut()
            await asyncio.sleep(0.5)
            await proxy.mend()
            numbers += [(await anext(stream)).sequence for _ in range(5)]
            missing = numbers[-1] + 1 - len(numbers)
            assert 4 <= missing <= 12
            assert line.polls.missed >= missing
            assert line.state().reconnects == 1
            assert line.polls.worst < 0.5
            await line.close()

    asyncio.run(story())


def test_a_write_without_an_answer_says_that_nobody_knows_and_is_not_repeated(tmp_path: Path) -> None:
    got: list[bytes] = []

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            got.append(data)
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(deaf, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        path = _map(tmp_path, "SP,1,holding,0,int16,,0.1,,Cel,,,yes")
        line = await modbus.open_line(f"modbus://127.0.0.1:{port}", {"map": path, "timeout": 0.2}, writes=True)
        with pytest.raises(Conflict, match="has not said"):
            await line.write("SP", 12.5, "Cel")
        await asyncio.sleep(1.0)
        await line.close()
        server.close()

    asyncio.run(story())
    assert [data[7:] for data in got] == [bytes([6, 0, 0, 0, 125])]


@pytest.mark.parametrize(
    ("address", "options", "error", "why"),
    [
        ("modbus://127.0.0.1:1", {"map": "MAP"}, Missing, "nobody answers"),
        ("modbus://127.0.0.1", {}, DataError, "a map must say"),
        ("modbus://127.0.0.1", {"map": "/no/such.csv"}, DataError, "can't be read"),
        ("modbus://127.0.0.1", {"map": "MAP", "period": 0}, DataError, "can't be"),
        ("modbus://127.0.0.1", {"map": "MAP", "speed": 1}, DataError, "there is no option"),
        ("http://127.0.0.1", {"map": "MAP"}, DataError, "no address of a Modbus server"),
    ],
)
def test_what_cannot_be_opened_says_why(
    tmp_path: Path, address: str, options: dict, error: type[DiapasonError], why: str
) -> None:
    path = _map(tmp_path, "T,1,holding,0,int16,,,,,,,")
    said = {key: path if value == "MAP" else value for key, value in options.items()}
    with pytest.raises(error, match=why) as caught:
        asyncio.run(modbus.open_line(address, said))
    for language in ("en", "zh"):
        assert all(caught.value.said(language).values())


def test_kinds_follow_from_types(tmp_path: Path) -> None:
    rows = read_map(
        _map(
            tmp_path,
            "a,1,holding,0,int16,,,,,,,",
            "b,1,holding,1,int16,,0.1,,,,,",
            "c,1,coil,0,switch,,,,,,,",
            "d,1,input,9,string:5,,,,,,,",
            "e,1,input,0,bit:3,,,,,,,",
        )
    )
    assert [row.point.kind for row in rows] == [Kind.WHOLE, Kind.NUMBER, Kind.SWITCH, Kind.TEXT, Kind.SWITCH]
