# Basic commands and the port's manners: echo, busy, latency, restart, sleep, settings.
from __future__ import annotations

import pytest

from espat_sim import Module, VirtualClock
from sim.rig import Rig


@pytest.fixture
def rig():
    return Rig()


# -- boot ------------------------------------------------------------------------------


def test_boot_is_noise_at_the_wrong_rate_and_then_ready():
    clock = VirtualClock()
    module = Module(clock=clock)
    clock.advance(1_000_000)
    output = module.line.host.read()
    assert output.endswith(b"\r\nready\r\n")
    assert len(output) > 100
    assert b"ESP-ROM" not in output


def test_the_boot_log_is_readable_at_74880():
    clock = VirtualClock()
    module = Module(clock=clock)
    module.line.host.set_baud(74880)
    clock.advance(300_000)
    assert module.line.host.read().startswith(b"ESP-ROM:esp32s2")


def test_nothing_is_heard_before_ready():
    clock = VirtualClock()
    module = Module(clock=clock)
    module.line.host.write(b"AT\r\n")
    clock.advance(2_000_000)
    assert module.line.host.read().endswith(b"\r\nready\r\n")


def test_without_power_there_is_silence():
    clock = VirtualClock()
    module = Module(clock=clock, power=False)
    module.line.host.write(b"AT\r\n")
    clock.advance(2_000_000)
    assert module.line.host.any() == 0
    module.power_on()
    clock.advance(2_000_000)
    assert module.line.host.read().endswith(b"\r\nready\r\n")


# -- echo ------------------------------------------------------------------------------


def test_the_line_comes_back_as_typed():
    rig = Rig(echo=True)
    assert rig.command("AT") == b"AT\r\n\r\nOK\r\n"
    assert rig.command("at x") == b"at x\r\n\r\nERROR\r\n"


def test_echo_comes_while_typing():
    rig = Rig(echo=True)
    rig.write("A")
    assert rig.collect(0.01) == b"A"
    rig.write("T")
    assert rig.collect(0.01) == b"T"


def test_echo_off_and_on():
    rig = Rig(echo=True)
    assert rig.command("ATE0") == b"ATE0\r\n\r\nOK\r\n"
    assert rig.command("AT") == b"\r\nOK\r\n"
    assert rig.command("ATE1") == b"\r\nOK\r\n"
    assert rig.command("AT") == b"AT\r\n\r\nOK\r\n"


# -- one command at a time -------------------------------------------------------------


def test_the_first_answer_byte_comes_a_latency_after_the_line(rig):
    rig.write("AT\r\n")
    while not rig.m.line.module.any() and rig.m.running is None:
        rig.step()
    end_of_line_us = rig.clock.now_us
    while not rig.host.any():
        rig.step()
    byte_us = 87
    assert rig.clock.now_us - end_of_line_us == rig.m.profile.latency_us + byte_us


def test_a_command_while_another_runs_is_thrown_away_with_busy(rig):
    rig.ok("AT+CWMODE=1")
    rig.write("AT+CWLAP\r\n")
    rig.collect(0.1)
    rig.write("AT\r\n")
    assert rig.collect(0.1) == b"\r\nbusy p...\r\n"
    output = rig.collect(5)
    assert output.count(b"+CWLAP:") == 2
    assert output.endswith(b"\r\nOK\r\n")
    assert rig.collect(1) == b"", "the second command never ran"


def test_busy_comes_with_its_code(rig):
    rig.ok("AT+CWMODE=1")
    rig.ok("AT+SYSLOG=1")
    rig.write("AT+CWLAP\r\n")
    rig.collect(0.1)
    rig.write("AT\r\n")
    assert rig.collect(0.1) == b"ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n"


def test_a_blank_after_the_line_makes_busy(rig):
    rig.write("AT+GMR\r\n ")
    output = rig.wait_for(b"\r\nOK\r\n")
    assert output.startswith(b"\r\nbusy p...\r\n")


def test_two_lines_at_once_run_the_first_only(rig):
    rig.write("AT\r\nAT+GMR\r\n")
    output = rig.collect(0.2)
    assert output == b"\r\nbusy p...\r\n\r\nOK\r\n"


def test_a_restart_is_obeyed_while_a_command_runs(rig):
    rig.ok("AT+CWMODE=1")
    rig.write("AT+CWLAP\r\n")
    rig.collect(0.1)
    rig.write("AT+RST\r\n")
    output = rig.collect(2)
    assert output.startswith(b"\r\nWill force to restart!!!\r\n")
    assert output.endswith(b"\r\nready\r\n")
    assert b"OK" not in output


# -- restart ---------------------------------------------------------------------------


def test_restart(rig):
    rig.write("AT+RST\r\n")
    output = rig.collect(2)
    assert output.startswith(b"\r\nOK\r\n")
    assert output.endswith(b"\r\nready\r\n")
    assert rig.command("AT") == b"AT\r\n\r\nOK\r\n", "echo is on again"


def test_deep_sleep_says_its_time_and_ends_in_a_boot(rig):
    rig.write("AT+GSLP=5000\r\n")
    assert rig.collect(4.9) == b"5000\r\n\r\nOK\r\n"
    rig.write("AT\r\n")
    output = rig.collect(1)
    assert output.endswith(b"\r\nready\r\n")


def test_the_reset_pin_needs_a_minimum_time(rig):
    rig.m.pin("EN").set(0)
    rig.m.pin("EN").set(1)
    assert rig.collect(1) == b""
    rig.m.pin("EN").set(0)
    assert rig.collect(0.1) == b""
    rig.write("AT\r\n")
    assert rig.collect(1) == b"", "held in reset"
    rig.m.pin("EN").set(1)
    assert rig.collect(1).endswith(b"\r\nready\r\n")


# -- answers ---------------------------------------------------------------------------


def test_versions(rig):
    lines = rig.lines("AT+GMR")
    assert lines[0].startswith("AT version:3.4.0.0(")
    assert lines[1].startswith("SDK version:")
    assert lines[2].startswith("compile time(")
    assert lines[3].startswith("Bin version:v3.4.0.0(")
    assert lines[4:] == ["OK"]


def test_the_list_of_commands_names_every_form(rig):
    lines = rig.lines("AT+CMD?")
    assert lines[0] == '+CMD:0,"AT",0,0,0,1'
    assert '"AT+CWJAP",0,1,1,1' in "\n".join(lines)
    assert [line.split(",")[0] for line in lines[:-1]] == [
        f"+CMD:{i}" for i in range(len(lines) - 1)
    ]


def test_free_ram_has_no_empty_line_before_ok(rig):
    assert rig.command("AT+SYSRAM?") == b"+SYSRAM:148408,84044\r\nOK\r\n"


def test_system_messages_state_has_no_empty_line_before_ok(rig):
    assert rig.command("AT+SYSMSG?") == b"+SYSMSG:0\r\nOK\r\n"


@pytest.mark.parametrize(
    "name, value, answer",
    [
        ("SYSLOG", "1", "1"),
        ("SYSSTORE", "0", "0"),
        ("SYSMSG", "3", "3"),
        ("TRANSINTVL", "0", "0"),
        ("SLEEP", "1", "1"),
        ("CWAUTOCONN", "0", "0"),
        ("CIPV6", "1", "1"),
        ("CIPMUX", "1", "1"),
        ("CIPDINFO", "1", "true"),
        ("CIPRECONNINTV", "10", "10"),
        ("CIPSENDLCFG", "100,200", "100,200"),
        ("CWRECONNCFG", "1,100", "1,100"),
    ],
)
def test_a_setting_is_read_back(rig, name, value, answer):
    assert rig.ok(f"AT+{name}={value}")
    assert rig.lines(f"AT+{name}?") == [f"+{name}:{answer}", "OK"]


def test_time_goes_on_from_what_was_set(rig):
    assert rig.ok("AT+SYSTIMESTAMP=1565853509")
    rig.collect(10)
    assert rig.lines("AT+SYSTIMESTAMP?") == ["+SYSTIMESTAMP:1565853519", "OK"]


def test_radio_power_needs_the_radio_and_has_its_highest_step(rig):
    assert not rig.ok("AT+RFPOWER=78")
    rig.ok("AT+CWMODE=1")
    assert rig.ok("AT+RFPOWER=84")
    assert rig.lines("AT+RFPOWER?") == ["+RFPOWER:78", "OK"]
    assert not rig.ok("AT+RFPOWER=39")


def test_registers(rig):
    assert rig.ok("AT+SYSREG=1,0x3f400000,255")
    assert rig.lines("AT+SYSREG=0,0x3f400000") == ["+SYSREG:0xff", "OK"]
    assert not rig.ok("AT+SYSREG=1,5")


def test_wake_by_gpio_only(rig):
    assert rig.ok("AT+SLEEPWKCFG=2,12,0")
    assert not rig.ok("AT+SLEEPWKCFG=0,1000")


def test_sleep_is_refused_with_a_soft_ap(rig):
    rig.ok("AT+CWMODE=3")
    assert not rig.ok("AT+SLEEP=1")


# -- UART ------------------------------------------------------------------------------


def test_the_uart_answers_at_the_old_rate_and_switches(rig):
    assert rig.ok("AT+UART_CUR=921600,8,1,0,0")
    rig.write("AT\r\n")
    assert b"OK" not in rig.collect(0.1)
    rig.host.set_baud(921600)
    rig.write("\r\n")
    rig.collect(0.1)
    assert rig.command("AT").endswith(b"\r\nOK\r\n")


def test_the_queried_rate_is_what_the_divider_makes(rig):
    assert rig.lines("AT+UART_CUR?") == ["+UART_CUR:115201,8,1,0,0", "OK"]
    assert rig.lines("AT+UART_DEF?") == ["+UART_DEF:115200,8,1,0,0", "OK"]


@pytest.mark.parametrize("value", ["79,8,1,0,0", "115200,4,1,0,0", "115200,8,4,0,0", "1"])
def test_bad_uart_settings_are_refused(rig, value):
    assert not rig.ok("AT+UART_CUR=" + value)


def test_flow_control_of_the_module_follows_the_setting(rig):
    assert rig.ok("AT+UART_CUR=115200,8,1,0,3")
    rig.host.set_rts(1)
    rig.write("AT\r\n")
    assert rig.collect(1) == b""
    rig.host.set_rts(0)
    assert rig.wait_for(b"\r\nOK\r\n")


# -- message filters -------------------------------------------------------------------


def filter_config(rig, operator, head, tail):
    line = f"AT+SYSMSGFILTERCFG={operator},{len(head)},{len(tail)}"
    return rig.prompt(line, head + tail) == b"\r\nOK\r\n"


def test_a_filter_takes_a_message_away():
    rig = Rig()
    rig.ok("AT+CWMODE=1")
    assert filter_config(rig, 1, b"^WIFI CONNECTED\r\n", b"")
    assert rig.ok("AT+SYSMSGFILTER=1")
    assert rig.command('AT+CWJAP="espat-lab","espat-pass"') == b"WIFI GOT IP\r\n\r\nOK\r\n"
    assert rig.command("AT+SYSMSGFILTERCFG?") == (
        b'+SYSMSGFILTERCFG:0,"^WIFI CONNECTED\r\n",""\r\n\r\nOK\r\n'
    )
    assert filter_config(rig, 2, b"^WIFI CONNECTED\r\n", b"")
    assert not filter_config(rig, 2, b"^WIFI CONNECTED\r\n", b""), "it is gone"


def test_head_and_tail_are_cut_and_the_middle_stays():
    rig = Rig()
    assert filter_config(rig, 1, b"^+CWMODE:", b"\r\n$")
    assert rig.ok("AT+SYSMSGFILTER=1")
    assert rig.command("AT+CWMODE?") == b"0\r\nOK\r\n"


@pytest.mark.parametrize("head", [b"a[b", b"\\(a", b"a\\"])
def test_a_broken_expression_is_refused(head):
    assert not filter_config(Rig(), 1, head, b"")


def test_both_lengths_zero_are_refused(rig):
    assert not rig.ok("AT+SYSMSGFILTERCFG=1,0,0")
    assert not rig.ok("AT+SYSMSGFILTERCFG=1,65,0")
