# The clocks: order of callbacks, cancelling, and the same on an asyncio loop.
from __future__ import annotations

import asyncio

from espat_sim import Module, RealClock, VirtualClock, VirtualNetwork


def test_callbacks_run_in_order_of_time_and_then_of_creation():
    clock = VirtualClock()
    seen = []
    clock.call_at(20, lambda: seen.append("c"))
    clock.call_at(10, lambda: seen.append("a"))
    clock.call_at(10, lambda: seen.append("b"))
    clock.advance(15)
    assert seen == ["a", "b"]
    assert clock.now_us == 15
    assert clock.next_at() == 20
    clock.advance(5)
    assert seen == ["a", "b", "c"]
    assert clock.next_at() is None


def test_a_callback_sees_its_own_time_and_may_add_more():
    clock = VirtualClock()
    seen = []

    def again():
        seen.append(clock.now_us)
        if len(seen) < 3:
            clock.call_later(10, again)

    clock.call_later(10, again)
    clock.advance(100)
    assert seen == [10, 20, 30]


def test_a_cancelled_callback_does_not_run():
    clock = VirtualClock()
    handle = clock.call_later(10, lambda: 1 / 0)
    handle.cancel()
    assert clock.next_at() is None
    clock.advance(100)


def test_a_time_in_the_past_means_the_next_step():
    clock = VirtualClock()
    clock.advance(100)
    seen = []
    clock.call_at(5, lambda: seen.append(clock.now_us))
    assert clock.step()
    assert seen == [100]
    assert not clock.step()


def test_a_module_lives_in_real_time_too():
    async def talk():
        clock = RealClock()
        module = Module(clock=clock, net=VirtualNetwork(clock))
        host = module.line.host
        seen = bytearray()
        done = asyncio.Event()

        def on_rx():
            seen.extend(host.read())
            if seen.endswith(b"\r\nready\r\n"):
                host.write(b"AT\r\n")
            if seen.endswith(b"\r\nOK\r\n"):
                done.set()

        host.on_rx = on_rx
        await asyncio.wait_for(done.wait(), 20)
        return bytes(seen), clock.now_us

    seen, now_us = asyncio.run(talk())
    assert seen.endswith(b"\r\nready\r\nAT\r\n\r\nOK\r\n")
    assert now_us > 350_000
