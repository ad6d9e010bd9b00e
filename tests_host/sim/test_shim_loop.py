# asyncio on CPython in virtual time: sleeps, time-outs, the UART as a readable thing.
# Everything on the virtual clock.
from __future__ import annotations

import asyncio
import time

import machine
import pytest
import sim_machine

from sim.shim_rig import attached_module  # noqa: F401


def test_twenty_seconds_take_no_time(module):
    async def main():
        start = asyncio.get_running_loop().time()
        await asyncio.sleep(20)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 20)
        return asyncio.get_running_loop().time() - start

    real = time.perf_counter()
    assert 40 <= sim_machine.run_virtual(main()) < 40.01
    assert time.perf_counter() - real < 2


def test_tasks_take_turns_in_the_order_of_time(module):
    order = []

    async def worker(name, step_s):
        for _ in range(3):
            await asyncio.sleep(step_s)
            order.append(name)

    async def main():
        await asyncio.gather(worker("a", 2), worker("b", 3))

    sim_machine.run_virtual(main())
    assert order in (["a", "b", "a", "b", "a", "b"], ["a", "b", "a", "a", "b", "b"])


def test_a_reader_is_called_when_the_module_speaks(module):
    uart = machine.UART(1, 115200, rxbuf=2048)

    async def main():
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        answer = bytearray()

        def readable():
            answer.extend(uart.read(uart.any()))
            if answer.endswith(b"OK\r\n"):
                loop.remove_reader(uart.fileno())
                done.set_result(loop.time())

        loop.add_reader(uart.fileno(), readable)
        start = loop.time()
        uart.write(b"AT\r\n")
        end = await asyncio.wait_for(done, 20)
        return bytes(answer), end - start

    answer, took_s = sim_machine.run_virtual(main())
    assert answer == b"AT\r\n\r\nOK\r\n"
    assert 0.001 < took_s < 0.01


def test_a_program_that_looks_again_and_again_gets_on(module):
    uart = machine.UART(1, 115200, rxbuf=2048)

    async def main():
        uart.write(b"AT\r\n")
        while uart.any() < 10:
            await asyncio.sleep(0)
        return uart.read()

    assert sim_machine.run_virtual(asyncio_with_limit(main())) == b"AT\r\n\r\nOK\r\n"


async def asyncio_with_limit(coro):
    return await asyncio.wait_for(coro, 20)


def test_callbacks_of_the_clock_can_wake_a_task(module):
    async def main():
        event = asyncio.Event()
        module.clock.call_later(5_000_000, event.set)
        await event.wait()
        return asyncio.get_running_loop().time()

    start = module.clock.now_us / 1e6
    assert 5 <= sim_machine.run_virtual(main()) - start < 5.01


def test_timers_of_the_board_run_in_the_loop(module):
    calls = []
    machine.Timer(period=500, callback=lambda t: calls.append(1))
    sim_machine.run_virtual(asyncio.sleep(2.2))
    assert len(calls) == 4


def test_waiting_for_nothing_is_an_error_not_a_hang(module):
    async def main():
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="for ever"):
        sim_machine.run_virtual(main())


def test_it_needs_a_module():
    sim_machine.detach()

    async def main():
        return None

    with pytest.raises(RuntimeError, match="attach"):
        sim_machine.run_virtual(main())
