"""Both formats over Mosquitto: acknowledgement, breaks, kills, clients that we did not write."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diapason.connectors import mqtt
from diapason.connectors.mqtt.broker import answers
from diapason.connectors.mqtt.client import Client
from diapason.connectors.mqtt.settings import settings_of
from diapason.errors import Conflict, DataError, DiapasonError, Missing, NotFound, Refused
from diapason.testing.connectors import check_folder
from diapason.testing.lines import check_line, cut
from diapason.vocabulary.line import Packet, Seen

FORMATS = ("sparkplug", "packed")


@asynccontextmanager
async def served(plant, broker, form: str = "sparkplug", *, live: bool = True, address: str = "") -> AsyncIterator:
    server = mqtt.serve(plant, {"broker": address or broker.address, "format": form})
    await server.start()
    going = asyncio.create_task(plant.live(server)) if live else None
    try:
        yield server
    finally:
        if going is not None:
            going.cancel()
            with suppress(asyncio.CancelledError):
                await going
        await server.stop()


async def gathered(
    line, n: int, tag: str = "R-1/TIC.PV", *, acknowledge: bool = True, wait: float = 15.0
) -> list[Packet]:
    """The first `n` packets with a reading of this tag."""
    found: list[Packet] = []
    async with asyncio.timeout(wait):
        async for packet in line.listen([tag]):
            found += [packet] if len(packet) else []
            if acknowledge:
                await line.acknowledge([packet])
            if len(found) == n:
                return found
    raise AssertionError


@pytest.mark.parametrize("form", FORMATS)
def test_it_keeps_the_public_promises(broker, small_plant, form: str) -> None:
    async def story() -> None:
        async with served(small_plant, broker, form) as server:
            await check_line(
                mqtt,
                broker.address,
                options=server.options,
                tags=["R-1/TIC.PV", "R-2/TIC.SP"],
                units={"R-1/TIC.PV": "Cel"},
            )

    asyncio.run(story())


def test_the_folder_says_what_it_promises() -> None:
    assert check_folder(Path(mqtt.__file__).parent)["writes-once"] == "done"


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_not_acknowledged_comes_again_after_a_kill_and_what_is_does_not(broker, small_plant, form: str) -> None:
    async def story() -> None:
        async with served(small_plant, broker, form, live=False) as server:
            options = {**server.options, "client": f"keeper-{form}"}
            line = await mqtt.open_line(broker.address, options)
            stream = line.listen(["R-1/TIC.PV"])
            first = asyncio.create_task(anext(stream))
            await asyncio.sleep(0.5)
            values: list[float] = []
            for _ in range(6):
                small_plant.step()
                await server.publish()
            seen = [await first]
            while len([p for p in seen if len(p)]) < (8 if form == "sparkplug" else 6):
                with suppress(TimeoutError):
                    seen.append(await asyncio.wait_for(anext(stream), 0.5))
                    continue
                break
            data = [p for p in seen if len(p)]
            kept = data[: len(data) // 2]
            await line.acknowledge([p for p in seen if p.received and any(p is k for k in kept)])
            await asyncio.sleep(0.2)
            line.client._link._transport.abort()  # as a kill does: no goodbye
            line.client._keeper.cancel()
            for _ in range(2):  # and the plant goes on
                small_plant.step()
                await server.publish()
            again = await mqtt.open_line(broker.address, options)
            back = await gathered(again, len(data) - len(kept) + 2)
            values = [p.values[0] for p in back]
            assert values[: len(data) - len(kept)] == [p.values[0] for p in data[len(kept) :]]
            assert values[-1] == small_plant.values[0]
            await again.close()
            await line.close()

    asyncio.run(story())


def test_a_broker_that_dies_and_comes_back_loses_nothing_that_the_plant_sent(own_broker, small_plant) -> None:
    async def story() -> None:
        async with served(small_plant, own_broker) as server:
            line = await mqtt.open_line(own_broker.address, server.options)
            at: set[int] = set()
            values: set[float] = set()

            async def listen() -> None:
                async for packets in line.listen_many(["R-1/TIC.PV"]):
                    for packet in packets:
                        at.update(packet.at.tolist())
                        values.update(packet.values.tolist())
                    await line.acknowledge(packets)

            task = asyncio.create_task(listen())
            await asyncio.sleep(0.7)
            own_broker.kill()
            await asyncio.sleep(0.6)
            assert not line.state().connected
            own_broker.start()
            async with asyncio.timeout(10):
                while server.waiting or not line.state().connected:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            task.cancel()
            assert line.state().reconnects == 1
            steps = sorted(values)
            assert np.allclose(np.diff(steps), 0.5)  # every step of the plant, none missing
            assert len(steps) > 20
            await line.close()

    asyncio.run(story())


@pytest.mark.parametrize("form", FORMATS)
def test_a_set_point_moves_the_plant_once_and_is_seen(broker, small_plant, form: str) -> None:
    async def story() -> None:
        async with served(small_plant, broker, form) as server:
            line = await mqtt.open_line(broker.address, server.options, writes=True)
            await line.write("R-1/TIC.SP", 77.5, "Cel")
            await line.write("R-2/RUN", 0.0, "")
            await asyncio.sleep(0.3)
            assert small_plant.written == [("R-1/TIC.SP", 77.5), ("R-2/RUN", 0.0)]
            read = await line.read(["R-1/TIC.SP", "R-2/RUN", "R-2/MODE"])
            assert read.values[:2].tolist() == [77.5, 0.0]
            assert read.texts == {2: "auto"}
            for tag, value, unit, error in (
                ("R-1/TIC.PV", 1.0, "Cel", Refused), ("R-1/TIC.SP", 1.0, "K", Refused),
                ("R-1/TIC.SP", float("nan"), "Cel", Refused), ("R-9/X", 1.0, "", NotFound),
            ):  # fmt: skip
                with pytest.raises(error):
                    await line.write(tag, value, unit)
            await line.write("R-1/TIC.SP", 999.0, "Cel")  # the plant says no: whoever reads back sees it
            await asyncio.sleep(0.2)
            assert (await line.read(["R-1/TIC.SP"])).values[0] == 77.5
            await line.close()

    asyncio.run(story())


def test_a_write_into_a_cut_says_that_nobody_knows(broker, small_plant) -> None:
    async def story() -> None:
        async with served(small_plant, broker) as server, cut(broker.address) as proxy:
            line = await mqtt.open_line(proxy.address, {**server.options, "write_wait": 0.5}, writes=True)
            await line.read(["R-1/TIC.SP"])
            line.client._link.pause()  # the answer does not come
            with pytest.raises(Conflict):
                await line.write("R-1/TIC.SP", 60.0, "Cel")
            await proxy.cut()
            await asyncio.sleep(0.1)
            line.client._link and line.client._link.resume()
            await asyncio.sleep(0.2)
            with pytest.raises(Missing):
                await line.write("R-1/TIC.SP", 61.0, "Cel")
            await asyncio.sleep(0.5)
            assert [w for w in small_plant.written if w[0] == "R-1/TIC.SP"] == [("R-1/TIC.SP", 60.0)]
            await line.close()

    asyncio.run(story())


def test_the_last_will_of_an_edge_node_makes_its_readings_doubtful(broker, small_plant) -> None:
    async def story() -> None:
        async with served(small_plant, broker) as server:
            line = await mqtt.open_line(broker.address, server.options)
            assert (await line.read(["R-1/TIC.PV"])).trust.tolist() == [Seen.GOOD]
            server._client._keeper.cancel()
            server._client._link._transport.abort()
            async with asyncio.timeout(5):
                while (await line.read(["R-1/TIC.PV"])).trust[0] != Seen.DOUBTFUL:
                    await asyncio.sleep(0.05)
            await line.close()

    asyncio.run(story())


def test_data_from_the_time_without_a_broker_is_marked_historical(own_broker, small_plant) -> None:
    from diapason.connectors.mqtt.payload import decoded

    async def story() -> list[bool]:
        got: list[bool] = []
        async with served(small_plant, own_broker, live=False) as server:
            line = await mqtt.open_line(own_broker.address, {**server.options, "topics": "spBv1.0/#"})
            inner = line.reader.take

            def spied(arrived):
                if "/DDATA/" in arrived.topic:
                    got.extend(m.historical for m in decoded(arrived.payload).metrics[:1])
                return inner(arrived)

            line.reader.take = spied
            listening = asyncio.create_task(gathered(line, 1000))
            await asyncio.sleep(0.3)
            await server.publish()
            await asyncio.sleep(0.2)
            own_broker.kill()
            await asyncio.sleep(0.2)
            await server.publish()
            own_broker.start()
            async with asyncio.timeout(10):
                while server.waiting or len(got) < 4:
                    await asyncio.sleep(0.05)
            listening.cancel()
            await line.close()
        return got

    got = asyncio.run(story())
    assert got[:2] == [False, False]
    assert got[-2:] == [True, True]


def test_members_of_a_group_share_the_data_and_all_hear_the_births(broker, small_plant) -> None:
    async def story() -> None:
        async with served(small_plant, broker) as server:
            lines = [await mqtt.open_line(broker.address, {**server.options, "group": "g"}) for _ in range(2)]
            found: list[list[Packet]] = [[], []]

            async def listen(k: int) -> None:
                async for packet in lines[k].listen([]):
                    found[k].append(packet)
                    await lines[k].acknowledge([packet])

            tasks = [asyncio.create_task(listen(k)) for k in range(2)]
            await asyncio.sleep(2.0)
            for task in tasks:
                task.cancel()
            moments = [{(p.asset, int(p.at[0])) for p in part if len(p) == 5 and p.receipt} for part in found]
            assert all(len(one) > 5 for one in moments)
            assert len(moments[0] & moments[1]) <= 4  # births alone
            for line in lines:
                await line.close()

    asyncio.run(story())


def test_no_more_is_under_way_than_was_agreed(broker, small_plant) -> None:
    async def story() -> None:
        async with served(small_plant, broker, "packed", live=False) as server:
            line = await mqtt.open_line(broker.address, {**server.options, "receive_maximum": 5, "client": "slow"})
            stream = line.listen_many([])
            first = asyncio.create_task(anext(stream))
            await asyncio.sleep(0.3)
            for _ in range(20):
                await server.publish()
            await asyncio.sleep(0.4)
            held = [p for p in await first if p.receipt]
            with suppress(TimeoutError):
                held += [p for p in await asyncio.wait_for(anext(stream), 0.3) if p.receipt]
            assert len(held) == 5
            await line.acknowledge(held)
            assert len(await asyncio.wait_for(anext(stream), 2)) >= 1
            await line.close()

    asyncio.run(story())


def test_messages_gather_where_whoever_listens_wants_fewer_lists(broker, small_plant) -> None:
    """None is lost; how long they lay in the socket at most is said; after a silence nobody waits."""

    async def heard(line, server, gathers: float) -> tuple[list[int], list[float]]:
        line.gathers(gathers)
        sizes, waits = [], []

        async def listen() -> None:
            async for packets in line.listen_many([]):
                sizes.append(sum(1 for p in packets if len(p)))
                waits.append(line.waited)

        listening = asyncio.create_task(listen())
        await asyncio.sleep(1.0)
        sizes.clear()
        waits.clear()
        for _ in range(40):
            await server.publish()
            await asyncio.sleep(0.02)
        await asyncio.sleep(2 * gathers + 0.3)
        listening.cancel()
        return sizes, waits

    async def story() -> None:
        async with served(small_plant, broker, "packed", live=False) as server:
            line = await mqtt.open_line(broker.address, {**server.options, "qos": "0"})
            soon, none = await heard(line, server, 0.0)
            late, some = await heard(line, server, 0.2)
            assert sum(soon) == sum(late) >= 40
            assert len(late) < len(soon) / 2
            assert max(none) < 0.05
            assert some[0] == 0
            assert 0.15 < max(some) < 0.6
            await line.close()

    asyncio.run(story())


@pytest.mark.parametrize("form", FORMATS)
def test_mosquitto_sub_reads_what_the_plant_says(broker, small_plant, form: str) -> None:
    program = shutil.which("mosquitto_sub")
    assert program, "apt install mosquitto-clients"
    topic = "spBv1.0/plant/DDATA/#" if form == "sparkplug" else "plant/R-1/data"

    async def story() -> bytes:
        async with served(small_plant, broker, form):
            said = [program, "-V", "mqttv5", "-p", str(broker.port), "-t", topic, "-C", "2", "-W", "10", "-F", "%x"]
            process = await asyncio.create_subprocess_exec(*said, stdout=subprocess.PIPE)
            out, _ = await process.communicate()
            return out

    lines = [bytes.fromhex(line) for line in asyncio.run(story()).decode().split()]
    assert len(lines) == 2
    if form == "packed":
        message = json.loads(lines[0])
        assert message["asset"] == "R-1"
        assert message["values"]["MODE"] == "auto"


def test_mosquitto_pub_feeds_us(broker) -> None:
    program = shutil.which("mosquitto_pub")
    assert program, "apt install mosquitto-clients"

    async def story() -> Packet:
        line = await mqtt.open_line(broker.address, {"topic": "works/{asset}/data"})
        heard = asyncio.create_task(anext(line.listen([])))
        await asyncio.sleep(0.3)
        said = ["-V", "mqttv5", "-q", "1", "-p", str(broker.port), "-t", "works/P-7/data"]
        said += ["-D", "publish", "user-property", "shift", "night", "-D", "publish", "content-type", "json"]
        process = await asyncio.create_subprocess_exec(program, *said, "-m", '{"seq": 3, "values": {"x": 4.5}}')
        await process.wait()
        packet = await asyncio.wait_for(heard, 5)
        await line.close()
        return packet

    packet = asyncio.run(story())
    assert (packet.tags, packet.values.tolist(), packet.sequence) == (("P-7/x",), [4.5], 3)


@pytest.mark.parametrize(
    ("address", "options", "error", "why"),
    [
        ("mqtt://127.0.0.1:1", {}, Missing, "no broker answers"),
        ("http://x", {}, DataError, "no address of a broker"),
        ("mqtt://u:p@127.0.0.1", {}, DataError, "a password does not belong into an address"),
        ("mqtt://127.0.0.1", {"colour": 1}, DataError, "there is no option"),
        ("mqtt://127.0.0.1", {"format": "xml"}, DataError, "there is no format"),
        ("mqtt://127.0.0.1", {"format": "packed"}, DataError, "which topics"),
        ("mqtt://127.0.0.1", {"qos": 2}, DataError, "can't be"),
        ("mqtt://127.0.0.1", {"receive_maximum": 0}, DataError, "can't be"),
        ("mqtt://127.0.0.1", {"password_file": "/no/such"}, DataError, "can't be read"),
        ("mqtt://127.0.0.1", {"password_env": "NO_SUCH_NAME"}, DataError, "has no NO_SUCH_NAME"),
        ("mqtt://127.0.0.1", {"ca": "x.pem"}, DataError, "certificates mean nothing"),
        ("mqtts://127.0.0.1", {"ca": "/no/such.pem"}, DataError, "can't be used"),
    ],
)
def test_what_cannot_be_opened_says_why(address: str, options: dict, error: type[DiapasonError], why: str) -> None:
    with pytest.raises(error, match=why) as caught:
        asyncio.run(mqtt.open_line(address, options))
    for language in ("en", "zh"):
        assert all(caught.value.said(language).values())


@pytest.mark.parametrize("form", FORMATS)
def test_assets_with_a_slash_and_tags_of_their_own_names_go_there_and_back(broker, small_plant, form: str) -> None:
    small_plant._points = [replace(p, tag=p.tag.replace("R-1/", "C1/"), asset="C1/R") for p in small_plant._points[:5]]
    small_plant.tags = tuple(p.tag for p in small_plant._points)
    small_plant.values, small_plant.trust, small_plant.words = small_plant.values[:5], small_plant.trust[:5], ["auto"]

    async def story() -> None:
        async with served(small_plant, broker, form) as server:
            line = await mqtt.open_line(broker.address, server.options, writes=True)
            assert {p.tag async for p in line.browse()} >= set(small_plant.tags)
            await line.write("C1/TIC.SP", 12.5, "Cel")
            await asyncio.sleep(0.3)
            assert (await line.read(["C1/TIC.SP"])).values[0] == 12.5
            await line.close()

    asyncio.run(story())


def test_a_host_says_that_it_is_there_and_that_it_goes(broker) -> None:
    async def story() -> list[tuple[bool, bool]]:
        heard: list[dict] = []
        ear = Client(
            settings_of(broker.address, {"session": 0}, client="ear"),
            lambda _, messages: heard.extend(json.loads(message[3]) for message in messages),
        )
        await ear.start()
        await ear.subscribe(["spBv1.0/STATE/desk"])
        line = await mqtt.open_line(broker.address, {"host": "desk"})
        await asyncio.sleep(0.2)
        await line.close()
        line = await mqtt.open_line(broker.address, {"host": "desk"})
        await asyncio.sleep(0.2)
        line.client._keeper.cancel()
        line.client._link._transport.abort()
        await asyncio.sleep(0.3)
        await ear.close()
        return [(said["online"], said["timestamp"] > 0) for said in heard]

    assert asyncio.run(story()) == [(True, True), (False, True)] * 2


SERVES = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from conftest import SmallPlant
from diapason.connectors import mqtt
async def main():
    server = mqtt.serve(SmallPlant(), {"port": int(sys.argv[1])})
    print(await server.start(), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def test_a_broker_that_the_plant_had_to_start_ends_with_it_even_after_a_kill() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = [sys.executable, "-c", SERVES, str(port), str(Path(__file__).parents[1])]
    process = subprocess.Popen(said, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == f"mqtt://127.0.0.1:{port}"
    assert answers("127.0.0.1", port)
    process.kill()
    process.wait()
    for _ in range(100):
        if not answers("127.0.0.1", port):
            return
        time.sleep(0.05)
    raise AssertionError("Mosquitto is still there")
