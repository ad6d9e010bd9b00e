"""docs/firmware.md: what it says is what the last run gave, and what a part of the tests gives now
on each firmware; what excuses a test there, and what does not."""

from __future__ import annotations

from typing import Optional

import pytest

from espat_sim import Module, profiles
from system import lacking
from tools import firmware_doc as doc
from tools import firmwares

NAMES = doc.order(set(firmwares.names()))


def test_the_page_is_what_the_last_run_gave() -> None:
    runs = doc.read()
    assert doc.DOC.read_text() == doc.text(runs), "make profiles"
    assert doc.wrong(runs) == []


def test_the_last_run_took_all_tests_on_every_firmware() -> None:
    """But for a few that are newer than it."""
    runs = doc.read()
    tests = doc.system_tests()
    for name in NAMES:
        here = [test for test, own in tests.items() if lacking.applies(own, name)]
        missing = [test for test in here if doc.Key(test, name) not in runs]
        assert len(missing) <= len(here) // 20, (name, missing)
        passed = [key for key, result in runs.items() if key.profile == name and result == "passed"]
        assert len(passed) > 300, name


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_the_tests_gives_what_the_page_says(name: str) -> None:
    runs = doc.read()
    tests = doc.short(runs, name)
    found = doc.run(name, tests)
    assert len(found) == len(tests) >= 9
    told = {key: runs.get(key, result) for key, result in found.items()}
    assert found == told
    assert doc.FAILED not in found.values()


# -- what excuses --------------------------------------------------------------------------------


def reason(name: str, error: BaseException) -> Optional[str]:
    return lacking.reason(error, Module(name))


def test_a_driver_that_gives_up_where_it_need_not_is_not_excused() -> None:
    assert reason("esp8266-0.30", NotImplementedError("AT 0.30 (ESP8266) has no TLS"))
    assert not reason("esp8266-1.7", NotImplementedError("AT 1.7 (ESP8266) has no TLS"))
    assert not reason("esp32s2-3.4", NotImplementedError("AT 3.4 has no AT+CIPSENDL"))
    assert reason("esp32s2-2.x", NotImplementedError("AT 2.1 has no AT+CIPSENDL"))
    assert not reason("esp8266-0.30", NotImplementedError("AT 0.30 has no patience"))
    assert not reason("esp8266-0.30", NotImplementedError("something"))
    assert not reason("esp8266-0.30", AssertionError("AT 0.30 has no TLS"))


def test_a_refusal_excuses_only_for_a_command_that_the_module_has_not() -> None:
    import espat

    error = espat.ATError("AT+HTTPCHEAD", 0x01090000)
    module = Module("esp32c3-2.4")
    assert not lacking.reason(error, module), "it was not even asked"
    module.refused.add("AT+HTTPCHEAD")
    assert lacking.reason(error, module) == "AT+HTTPCHEAD"
    module = Module("esp32s2-3.4")
    module.refused.add("AT+HTTPCHEAD")
    assert not lacking.reason(error, module), "the table says that it has it"


def test_tests_about_one_firmware_run_on_that_alone() -> None:
    assert lacking.applies("esp32s2-3.4", "esp8266-0.30")
    assert lacking.applies("esp8266-0.30", "esp8266-0.30")
    assert not lacking.applies("esp8266-0.30", "esp32s2-3.4")


def test_a_cell() -> None:
    assert doc.cell(["passed", "passed"]) == "yes"
    assert doc.cell(["passed", "TLS"]) == "1 of 2"
    assert doc.cell(["TLS"]) == "lacks"
    assert doc.cell(["passed", "failed"]) == "1 of 2, **1 failed**"
    assert doc.cell([]) == ""


def test_the_table_of_firmwares() -> None:
    old = firmwares.of(profiles.load("esp8266-0.30"))
    assert firmwares.has(old, "AT+CWJAP_CUR") and not firmwares.has(old, "AT+CIPRECVDATA")
    new = firmwares.of(profiles.load("esp32s2-3.4"))
    assert not firmwares.has(new, "AT+CIPSTART timeout")
    assert firmwares.has(firmwares.of(profiles.load("esp32s2-guide")), "AT+CIPSTART timeout")
    assert not firmwares.has(new, "AT+DRVADC")
    assert firmwares.has(firmwares.of(profiles.load("esp32s2-3.4-full")), "AT+DRVADC")
