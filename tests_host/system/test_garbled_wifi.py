# needs: sim
# Answers that noise has spoilt, to the calls of modem.wifi and modem.ap: a value or an OSError,
# never another exception, and never a wait without end. How they are spoilt is
# test_garbled_answers.py's.
from system.test_garbled_answers import survive

ANSWERS = (
    b"+CWMODE:3",
    b"+CWINIT:1",
    b'+CWSTATE:2,"espat-lab"',
    b'+CWJAP:"espat-lab","02:65:73:70:61:01",6,-45,0,1,3,0,1',
    b"+CWRECONNCFG:1,100",
    b'+CWLAP:(3,"espat-lab",-45,"02:65:73:70:61:01",6,-1,-1,4,4)',
    b"+CWAUTOCONN:1",
    b"+CWSTAPROTO:7",
    b'+CIPSTAMAC:"7c:df:a1:e5:70:01"',
    b'+CIPSTA:ip:"192.168.1.50"',
    b"+CWHOSTNAME:espressif",
    b'+CWCOUNTRY:0,"CN",1,13',
    b"+CWDHCP:3",
    b'+CWJEAP:"office",1,"me","user","secret",0',
    b'+CWSAP:"cellar","cellar-pass",5,3,10,0',
    b"+CWLIF:192.168.4.2,02:00:00:00:00:0a",
    b'+CIPAPMAC:"7c:df:a1:e5:70:02"',
    b'+CIPAP:ip:"192.168.4.1"',
    b"+CWDHCPS:120,192.168.4.2,192.168.4.101",
    b"+CWAPPROTO:7",
)


def calls(m):
    w, a = m.wifi, m.ap
    return {
        "CWMODE": (w.active, a.active, lambda: a.active(True)),
        "CWINIT": (w.init,),
        "CWSTATE": (w.status, lambda: w.status("ssid")),
        "CWJAP": (w.info, w.rssi, w.ssid),
        "CWRECONNCFG": (w.reconnect,),
        "CWLAP": (w.scan, lambda: list(w.scan_iter(channel=6))),
        "CWAUTOCONN": (w.autoconnect,),
        "CWSTAPROTO": (w.protocol,),
        "CIPSTAMAC": (w.mac,),
        "CIPSTA": (w.ifconfig, w.ipv6),
        "CWHOSTNAME": (w.hostname,),
        "CWCOUNTRY": (w.country, lambda: list(w.scan_iter())),
        "CWDHCP": (w.dhcp, a.dhcp),
        "CWJEAP": (w.enterprise,),
        "CWSAP": (a.config,),
        "CWLIF": (a.stations,),
        "CIPAPMAC": (a.mac,),
        "CIPAP": (a.ifconfig, a.ipv6),
        "CWDHCPS": (a.dhcp_range,),
        "CWAPPROTO": (a.protocol,),
    }


def test_spoilt_answers_about_wifi():
    survive(ANSWERS, calls)
