# runs-on: cpython
# needs: sim
# A task that is torn away while it has a command in flight: everyone else goes on.
import asyncio

from espat import aio
from system import rig

DONE = 1  # engine.py


def test_a_task_cancelled_between_the_end_of_its_command_and_its_turn():
    # Schedule 8765: nobody took the result, and no command could be given any more.
    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        task = asyncio.create_task(m.command("AT+SLEEP?"))
        while m.engine.stage != DONE:
            await asyncio.sleep(0)
            m.engine.poll(rig.now_ms())
        task.cancel()
        try:
            await task
            raise AssertionError("it had its turn")
        except asyncio.CancelledError:
            pass
        assert await asyncio.wait_for(m.wifi.rssi(), 5) < 0

    rig.run(main())
