# needs: sim
# Answers that noise has spoilt, to the calls of modem.net, modem.nvs and modem.system: a value or
# an OSError, never another exception, and never a wait without end.
import espat
from system import rig

ANSWERS = (
    b"+SYSRAM:148408,84044",
    b"+SYSSTORE:1",
    b"+SYSMSG:0",
    b"+SYSREG:0x1f",
    b"+RFPOWER:78",
    b"+TRANSINTVL:20",
    b"+UART_CUR:115200,8,1,0,0",
    b"+UART_DEF:115200,8,1,0,0",
    b"+SYSTIMESTAMP:1767225600",
    b"+SYSMSGFILTER:0",
    b'+SYSMSGFILTERCFG:0,"^+HTTPCGET:[0-9]*,","\r\n$"',
    b'+CMD:0,"AT",0,0,0,1',
    b'+USERDOCS:"https://docs.test/"',
    b"AT version:3.4.0.0(x)",
    b"compile time(877c7e69):Jun  7 2024 10:01:24",
    b'+CIPDOMAIN:"198.51.100.80"',
    b"+PING:12",
    b'+CIPDNS:0,"208.67.222.222","8.8.8.8"',
    b'+CIFSR:STAIP,"192.168.1.50"',
    b'+CIPSTATE:0,"TCP","198.51.100.7",7,50000,0',
    b"STATUS:3",
    b'+CIPSTATUS:0,"TCP","198.51.100.7",7,50000,0',
    b'+CIPSNTPCFG:1,8,"ntp.test"',
    b"+CIPSNTPINTV:3600",
    b"+CIPSNTPTIME:Tue Oct 19 17:47:56 2021",
    b'+SYSMFG:"factory_param"',
    b'+SYSMFG:"factory_param","uart_baudrate",6',
    b'+SYSMFG:"factory_param","uart_baudrate",6,6,115200',
    b'+SYSFLASH:"mfg_nvs",1,2,0x21000,0x1c000',
    b"+SYSFLASH:4,\x01\x02\x03\x04",
)


def calls(m):
    s, n, v = m.system, m.net, m.nvs
    return {
        "SYSRAM": (s.ram,),
        "SYSSTORE": (s.store,),
        "SYSMSG": (s.messages,),
        "SYSREG": (lambda: s.register(0),),
        "RFPOWER": (s.rf_power,),
        "TRANSINTVL": (m.passthrough.interval,),
        "UART_CUR": (m.uart.settings,),
        "UART_DEF": (lambda: m.uart.settings(True),),
        "SYSTIMESTAMP": (n.timestamp,),
        "SYSMSGFILTER": (s.filtering,),
        "SYSMSGFILTERCFG": (s.filters,),
        "CMD": (lambda: list(s.commands()),),
        "USERDOCS": (s.docs,),
        "GMR": (s.version,),
        "CIPDOMAIN": (lambda: n.resolve("x"),),
        "PING": (lambda: n.ping("x"),),
        "CIPDNS": (n.dns,),
        "CIFSR": (n.addresses,),
        "CIPSTATE": (n.connections,),
        "CIPSTATUS": (n.status,),
        "CIPSNTPCFG": (n.sntp,),
        "CIPSNTPINTV": (n.sntp_interval,),
        "CIPSNTPTIME": (n.localtime, n.set_rtc),
        "SYSMFG": (
            v.namespaces,
            lambda: v.keys("factory_param"),
            lambda: v.get("factory_param", "uart_baudrate"),
        ),
        "SYSFLASH": (v.partitions, lambda: v.read("mfg_nvs", 0, bytearray(4))),
    }


def name_of(answer):
    if answer[:1] == b"+":
        return answer[1 : answer.find(b":")].decode()
    return "CIPSTATUS" if answer[:6] == b"STATUS" else "GMR"


def spoilt(random, answer):
    data = bytearray(answer)
    for _ in range(1 + random.below(3)):
        i = random.below(len(data) + 1)
        kind = random.below(4)
        if kind == 0 and i < len(data):
            data[i] = random.below(256)
        elif kind == 1:
            data = data[:i] + data[i + 1 + random.below(3) :]
        elif kind == 2:
            data = data[:i] + random.bytes(1 + random.below(3)) + data[i:]
        else:
            data = data[:i]
    return bytes(data)


def test_spoilt_answers():
    survive(ANSWERS, calls)


def survive(answers, calls):
    random = rig.Random(20)
    wire = rig.Scripted(lambda line: b"\r\nOK\r\n")
    m = espat.Modem(wire)
    m.start()
    for answer in answers:
        name = name_of(answer)
        for call in calls(m)[name]:
            for _ in range(3):
                text = spoilt(random, answer)
                asked = []

                def reply(line, name=name, text=text, asked=asked):
                    if name.encode() in line and not asked:
                        asked.append(line)
                        return text + b"\r\n\r\nOK\r\n"
                    if line.startswith(b"AT+CIPMUX?"):
                        return b"+CIPMUX:1\r\n\r\nOK\r\n"
                    return b"\r\nOK\r\n"

                wire.answer = reply
                try:
                    call()
                except OSError:
                    pass
                except Exception as e:
                    raise AssertionError("%s to %r: %r" % (name, text, e))
                wire.answer = lambda line: b"+CIPMUX:1\r\n\r\nOK\r\n"
                for _ in range(2):
                    try:
                        if m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]:
                            break
                    except OSError:
                        pass
                else:
                    raise AssertionError("after %s: %r" % (name, text))
