# Concrete texts for the unsolicited messages of tests_host/tables/messages.csv. Owns the values
# that stand in for the placeholders of the framing column; knows neither driver nor simulator.
TABLE = "tables/messages.csv"
IDLE_LINK = 4  # the tests use the lower ones
HOSTILE = b"\r\nOK\r\nERROR\r\n>"  # as counted payload of a link

# What a placeholder becomes, in order; the others: %d 4, %s "text".
VALUES = {
    "ERR CODE:0x<%08x>": ("010a0003",),
    "Recv <n> bytes": ("4",),
    "smartconfig type:<xxx>": (),
    "+SCRD:<length>,<reserved data>": ("5", "hello"),
    '+LINK_CONN:<status_type>,<link_id>,<"ip_type">,<terminal_type>,<"remote_ip">,'
    "<remote_port>,<local_port>": ("4", "TCP", "1", "192.168.4.2", "50000", "333"),
    "+IPD,<link_id>,<length>:<data>": (IDLE_LINK, len(HOSTILE), HOSTILE),
    '+IPD,<link_id>,<length>,<"remote_ip">,<remote_port>:<data>': (
        IDLE_LINK,
        len(HOSTILE),
        "198.51.100.7",
        7,
        HOSTILE,
    ),
    "+IPD,<length>": (1460,),
    "+IPD,<link_id>,<length>": (IDLE_LINK, 1460),
    '+MQTTCONNECTED:<LinkID>,<scheme>,<"host">,<"port">,<"path">,<reconnect>': (
        0,
        1,
        "192.168.3.102",
        8883,
        "",
        1,
    ),
    '+MQTTSUBRECV:<LinkID>,<"topic">,<data_length>,<data>': (0, "topic", 4, "test"),
    "+WS_DATA:<link_id>,<data_len>,<data>": (0, 4, "test"),
    "+BLEAUTHCMPL:<conn_index>,<enc_result>": (0, 0),
    "+BLUFIDATA:<len>,<data>": (4, "test"),
    "+BLESECREQ:<conn_index>": (0,),
    "+BLESECKEYREQ:<conn_index>": (0,),
}


def rows(text):
    """The table as lists of fields: commas, and quotes that are doubled inside quotes."""
    for line in text.split("\n"):
        if not line:
            continue
        fields = [""]
        quoted = False
        i = 0
        while i < len(line):
            c = line[i]
            if c == '"':
                if quoted and line[i + 1 : i + 2] == '"':
                    fields[-1] += c
                    i += 1
                else:
                    quoted = not quoted
            elif c == "," and not quoted:
                fields.append("")
            elif c != "\r":
                fields[-1] += c
            i += 1
        yield fields


def fill(framing, values):
    out = bytearray()
    values = list(values)
    i = 0
    while i < len(framing):
        c = framing[i]
        if framing[i : i + 2] in ("\\r", "\\n"):
            out.append(13 if framing[i + 1] == "r" else 10)
            i += 2
        elif c == "%" or c == "<":
            if c == "<":
                end = framing.find(">", i) + 1
            else:
                end = i + 1
                while not framing[end - 1].isalpha():
                    end += 1
            value = values.pop(0) if values else 4 if framing[end - 1] == "d" else "text"
            out.extend(value if isinstance(value, bytes) else str(value).encode())
            i = end
        else:
            out.append(ord(c))
            i += 1
    if values:
        raise ValueError(framing)
    return bytes(out)


# Data of the one link of CIPMUX=0: said before the driver has set CIPMUX=1, never after it.
SINGLE = ("+IPD,<length>:<data>", '+IPD,<length>,<"remote_ip">,<remote_port>:<data>')
SKIPPED = SINGLE + ("ready",)


def unsolicited():
    """[(pattern, bytes)] of what an esp-at module with CIPMUX=1 says by itself. Without "ready",
    which is a reboot."""
    here = __file__
    with open(here[: here.rfind("system/")] + TABLE) as file:
        table = list(rows(file.read()))
    names = table[0]
    found = []
    for fields in table[1:]:
        row = dict(zip(names, fields))
        if row["dialect"] != "esp-at" or row["kind"] != "urc" or row["pattern"] in SKIPPED:
            continue
        framing = row["framing"]
        if "|" in framing:  # "smartconfig type:A|B\r\n": one each
            head, _, rest = framing.partition(":")
            choices = [head + ":" + x + "\\r\\n" for x in rest[:-4].split("|")]
        else:
            choices = [framing]
        for text in choices:
            found.append((row["pattern"], fill(text, VALUES.get(row["pattern"], ()))))
    # A hint for a link that is in use, though nothing waits there.
    found.append(("+IPD for link 0", b"\r\n+IPD,0,5\r\n"))
    return found
