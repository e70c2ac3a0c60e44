"""The command language: what lines mean, and what is said of those that mean nothing."""

from __future__ import annotations

import errno

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from socklab.lab import commands as c
from socklab.lab import network_commands as n
from socklab.lab.behaviours import BEHAVIOURS
from socklab.lab.errnos import ERRNOS, begun_name, errno_name
from socklab.lab.language import VERBS, parse_line, parse_script
from socklab.lab.options import OPTIONS
from socklab.lab.words import LanguageError, quote, word_at
from socklab.model.mistakes import closest

HANDSHAKE = """\
# handshake.lab
server: socket tcp                # = 3
server: bind 3 127.0.0.1 8080
server: listen 3 5
client: socket tcp                # = 3: its own table
client: connect 3 @server         # succeeds: the kernel shakes hands, no accept() needed
expect client 3 ESTABLISHED
expect server 3 accept_queue = 1
server: accept 3                  # = 4
client: send 3 "hello"
server: recv 4 100
expect server recv 4 = 5 "hello"
client: close 3
server: recv 4 100
expect server recv 4 = 0          # end of stream
expect server 4 CLOSE_WAIT
"""

LOOPBACK = c.HostPort("127.0.0.1", 8080)
ANY = c.HostPort("*", 8080)
HI = c.Literally(b"hi")


def equal(value: int) -> c.Number:
    return c.Number("=", value)


GOOD: list[tuple[str, c.AnyCommand]] = [
    # making and naming
    ("socket tcp", c.Socket("tcp")),
    ("socket udp ipv6", c.Socket("udp", ipv6=True)),
    ("bind 3 127.0.0.1 8080", c.Bind(3, LOOPBACK)),
    ("bind 127.0.0.1 8080", c.Bind(None, LOOPBACK)),
    ("bind 3 * 0", c.Bind(3, c.HostPort("*", 0))),
    ("bind 3 :: 65535", c.Bind(3, c.HostPort("::", 65535))),
    ("bind 3 fe80::1%lo 80", c.Bind(3, c.HostPort("fe80::1%lo", 80))),
    ("listen", c.Listen(None)),
    ("listen 3", c.Listen(3)),
    ("listen 3 0", c.Listen(3, 0)),
    ("listen 3 2147483647", c.Listen(3, 2147483647)),
    ("accept", c.Accept(None)),
    ("accept 0", c.Accept(0)),
    ("connect localhost 80", c.Connect(None, c.HostPort("localhost", 80))),
    ("connect 3 @server", c.Connect(3, c.AddressOf("server"))),
    ("connect @client-2.14", c.Connect(None, c.AddressOf("client-2", 14))),
    ("getsockname 3", c.GetSockName(3)),
    ("getpeername", c.GetPeerName(None)),
    # data
    ('send 3 "hi"', c.Send(3, HI)),
    ('send "hi" dontwait oob', c.Send(None, HI, frozenset({"oob", "dontwait"}))),
    ('send 3 ""', c.Send(3, c.Literally(b""))),
    ('send 3 "# no comment"', c.Send(3, c.Literally(b"# no comment"))),
    (r'send 3 "\n\r\t\0\\\"\x00\xFf"', c.Send(3, c.Literally(b'\n\r\t\0\\"\x00\xff'))),
    ('send 3 "안녕"', c.Send(3, c.Literally("안녕".encode()))),
    ("send 3 hex:48_69", c.Send(3, c.Literally(b"Hi"))),
    ("send 3 hex:4869fF", c.Send(3, c.Literally(b"Hi\xff"))),
    ("send 3 bytes:0", c.Send(3, c.Pattern(0))),
    ("send 3 bytes:8000000", c.Send(3, c.Pattern(8_000_000))),
    ("send 3 file:data/a#1.bin", c.Send(3, c.FileBytes("data/a#1.bin"))),
    ('send 3 file: "my file"', c.Send(3, c.FileBytes("my file"))),
    ('sendto 3 127.0.0.1 8080 "hi"', c.SendTo(3, LOOPBACK, HI)),
    ('sendto @server "hi"', c.SendTo(None, c.AddressOf("server"), HI)),
    ('sendto 3 peer "hi"', c.SendTo(3, c.Peer(), HI)),
    ("recv", c.Recv(None)),
    ("recv 100", c.Recv(100)),
    ("recv 4 100", c.Recv(4, 100)),
    ("recv 4 peek", c.Recv(4, 4096, frozenset({"peek"}))),
    (
        "recv 4 9 dontwait trunc waitall oob peek",
        c.Recv(4, 9, frozenset({"peek", "oob", "waitall", "trunc", "dontwait"})),
    ),
    ("recvfrom 3 4 trunc", c.RecvFrom(3, 4, frozenset({"trunc"}))),
    ("recvfrom peek", c.RecvFrom(None, 4096, frozenset({"peek"}))),
    # ending
    ("shutdown 3 out", c.Shutdown(3, "out")),
    ("shutdown both", c.Shutdown(None, "both")),
    ("close", c.Close(None)),
    ("reset 3", c.Reset(3)),
    # options
    ("setsockopt 3 reuseaddr on", c.SetSockOpt(3, "reuseaddr", 1)),
    ("setsockopt nodelay off", c.SetSockOpt(None, "nodelay", 0)),
    ("setsockopt 3 keepalive 7", c.SetSockOpt(3, "keepalive", 7)),
    ("setsockopt 3 ttl -1", c.SetSockOpt(3, "ttl", -1)),
    ("setsockopt 3 tos 0xb8", c.SetSockOpt(3, "tos", 0xB8)),
    ("setsockopt 3 user_timeout 700", c.SetSockOpt(3, "user_timeout", 700)),
    ("setsockopt 3 rcvtimeo 0.3", c.SetSockOpt(3, "rcvtimeo", 0.3)),
    ("setsockopt 3 sndtimeo off", c.SetSockOpt(3, "sndtimeo", 0.0)),
    ("setsockopt 3 linger off", c.SetSockOpt(3, "linger", None)),
    ("setsockopt 3 linger 0", c.SetSockOpt(3, "linger", 0)),
    ("setsockopt 3 join 224.1.1.1", c.SetSockOpt(3, "join", ("224.1.1.1",))),
    (
        "setsockopt 3 leave 224.1.1.1 127.0.0.1",
        c.SetSockOpt(3, "leave", ("224.1.1.1", "127.0.0.1")),
    ),
    ("setsockopt 3 join ff02::1 lo", c.SetSockOpt(3, "join", ("ff02::1", "lo"))),
    ("setsockopt 3 multicast_if 127.0.0.1", c.SetSockOpt(3, "multicast_if", ("127.0.0.1",))),
    ("setsockopt 3 congestion reno", c.SetSockOpt(3, "congestion", ("reno",))),
    ("setsockopt 3 error 1", c.SetSockOpt(3, "error", 1)),  # the kernel refuses it
    ("getsockopt 3 error", c.GetSockOpt(3, "error")),
    ("getsockopt join", c.GetSockOpt(None, "join")),  # likewise
    ("nonblock 3 on", c.NonBlock(3, True)),
    ("nonblock off", c.NonBlock(None, False)),
    ("poll 3 in", c.Poll(3, frozenset({"in"}))),
    ("poll in,out 1.5", c.Poll(None, frozenset({"in", "out"}), 1.5)),
    ("poll 3 out 0", c.Poll(3, frozenset({"out"}), 0.0)),
    # several calls in one
    ("serve tcp * 8080", c.Serve("tcp", ANY)),
    ("serve udp * 8080 chat", c.Serve("udp", ANY, "chat")),
    (
        "serve tcp * 8080 chat backlog=5 accept=manual read=auto max-clients=2 timeout=.5"
        " v6only=off",
        c.Serve("tcp", ANY, "chat", 5, True, False, 2, 0.5, False),
    ),
    ("serve tcp * 80 read=manual", c.Serve("tcp", c.HostPort("*", 80), manual_read=True)),
    (
        "serve udp :: 53 read=manual v6only=on",
        c.Serve("udp", c.HostPort("::", 53), manual_read=True, v6only=True),
    ),
    ("serve tcp * 8080 v6only=on accept=auto", c.Serve("tcp", ANY, v6only=True)),
    ("client tcp 127.0.0.1 8080", c.Client("tcp", LOOPBACK)),
    (
        "client tcp @server timeout=2 read=auto",
        c.Client("tcp", c.AddressOf("server"), 2.0, automatic_read=True),
    ),
    (
        "client udp @server read=auto",
        c.Client("udp", c.AddressOf("server"), automatic_read=True),
    ),
    ("forward tcp * 8080 @server", c.Forward("tcp", ANY, c.AddressOf("server"))),
    (
        "forward tcp * 8080 127.0.0.1 8080 delay=100ms slice=3 rate=1.5k reset-after=9"
        " max-clients=2",
        c.Forward("tcp", ANY, LOOPBACK, 0.1, 3, 1500.0, 9, max_clients=2),
    ),
    (
        "forward udp * 8080 @server.4 delay=2 loss=10% duplicate=.5 reorder=1 seed=7",
        c.Forward(
            "udp",
            ANY,
            c.AddressOf("server", 4),
            2.0,
            loss=0.1,
            duplicate=0.5,
            reorder=1.0,
            seed=7,
        ),
    ),
    ('every 0.5 send 3 "hi"', c.Every(0.5, None, c.Send(3, HI), 'send 3 "hi"')),
    ('every 1 x3  send  3 "hi"  # x', c.Every(1.0, 3, c.Send(3, HI), 'send  3 "hi"')),
    ("stop", c.Stop()),
    # the lab
    ("pace full", c.SetPace("full")),
    ("pace slow", c.SetPace("slow")),
    ("pace slow 0.25", c.SetPace("slow", 0.25)),
    ("pace step", c.SetPace("step")),
    ("sleep 1.", c.Sleep(1.0)),
    ('note it says "hi  # there ', c.NoteText('it says "hi  # there')),
    ("new", c.New()),
    ("expect server 3 LISTEN", c.ExpectState("server", 3, "LISTEN")),
    ("expect client 3 TIME_WAIT within 70", c.ExpectState("client", 3, "TIME_WAIT", 70.0)),
    ("expect server 3 accept_queue = 6", c.ExpectQueue("server", 3, "accept_queue", equal(6))),
    (
        "expect server 4 recv_queue = >9 within 1",
        c.ExpectQueue("server", 4, "recv_queue", c.Number(">", 9), 1.0),
    ),
    ("expect server recv = 5", c.ExpectCall("server", "recv", None, equal(5), None)),
    ("expect server recv 4 = *", c.ExpectCall("server", "recv", 4, c.Number("=", None), None)),
    ("expect server recv 4 = <5", c.ExpectCall("server", "recv", 4, c.Number("<", 5), None)),
    (
        'expect server recv 4 = >1 "A\\n"... within 0.5',
        c.ExpectCall("server", "recv", 4, c.Number(">", 1), None, b"A\n", True, 0.5),
    ),
    (
        'expect server recvfrom 3 = 0 ""',
        c.ExpectCall("server", "recvfrom", 3, equal(0), None, b"", False),
    ),
    (
        "expect client connect = ECONNREFUSED",
        c.ExpectCall("client", "connect", None, None, "ECONNREFUSED"),
    ),
    ("expect client recv = EWOULDBLOCK", c.ExpectCall("client", "recv", None, None, "EAGAIN")),
    ("network private", n.SetNetwork(True)),
    ("network machine", n.SetNetwork(False)),
    ("host router", n.AddHost("router")),
    ("place alice client", n.PlaceProgram("alice", "client")),
    ("sysctl client syn_retries", n.SysCtl("client", "syn_retries")),
    ("sysctl client tcp_rmem 1 2 3", n.SysCtl("client", "tcp_rmem", "1 2 3")),
    (
        "wire set loss=10% delay=100ms rate=1M queue=off",
        n.WireSet(None, (("loss", 0.1), ("delay", 0.1), ("rate", 1e6), ("queue", None))),
    ),
    (
        "wire set client>server corrupt=.5 mtu=576 seed=7",
        n.WireSet(("client", "server"), (("corrupt", 0.5),), 576, 7),
    ),
    ("wire plug", n.WirePlug(None, True)),
    ("wire unplug server", n.WirePlug("server", False)),
    ("wire hold on", n.WireHold(True)),
    ("wire step", n.WireStep(1)),
    ("wire step 3", n.WireStep(3)),
    ("wire drop 12", n.WireFrame("drop", 12)),
    ("wire swap 12 13", n.WireSwap(12, 13)),
    ("wire next drop data nth=3 from=client", n.WireNext("drop", "data", 3, "client")),
    ("wire next delay=0.5 syn-ack", n.WireNext("delay", "syn-ack", delay=0.5)),
    ("wire status", n.WireStatus()),
    ("expect wire syn = dropped", n.ExpectWire("syn", None, "dropped")),
    (
        "expect wire data from=client = delivered x3 within 5",
        n.ExpectWire("data", "client", "delivered", 3, 5.0),
    ),
]


@pytest.mark.parametrize(("line", "command"), GOOD, ids=[line for line, _command in GOOD])
def test_a_line_says(line: str, command: c.AnyCommand) -> None:
    parsed = parse_line(line, "main")
    assert parsed is not None
    assert parsed.command == command
    assert parsed.text == line.strip()
    of_the_lab = isinstance(command, c.LabCommand | n.NetworkCommand)
    assert parsed.program == (None if of_the_lab else "main")


def test_every_verb_has_an_example_of_itself_and_a_test() -> None:
    tested = {type(command) for _line, command in GOOD}
    for verb in VERBS.values():
        assert verb.syntax.startswith(verb.name)
        parsed = parse_line(verb.example)
        assert parsed is not None
        assert type(parsed.command) in tested


BAD: list[tuple[str, int, str, str | None]] = [
    # line, column, what was expected, what was probably meant
    ("lisen 3", 1, "a command", "listen"),
    ("wire hold", 10, "on or off", None),
    ("wire hodl on", 6, "a known word", "hold"),
    ("wire set", 9, "a setting, such as loss=10%", None),
    ("wire set loss=200%", 15, "a share from 0 to 100%", None),
    ("wire set delay=1h", 16, "a time from 0 to 60 s", None),
    ("wire set rate=0", 15, "a number above 0, or off", None),
    ("wire set mtu=big", 14, "a whole number", None),
    ("wire set lost=1%", 10, "a setting, such as loss=10%", "loss="),
    ("wire set Client>server loss=1", 10, "FROM>TO, two hosts' names", None),
    ("wire next drop sin", 16, "a kind of frame", "syn"),
    ("wire next drop syn nth=0", 24, "a number from 1", None),
    ("wire next drop syn of=a", 20, "nth=N or from=HOST", None),
    ("wire step 0", 11, "how many frames", None),
    ("network privat", 9, "private or machine", "private"),
    ("host 2nd", 6, "a host's name", None),
    ("sysctl client ../x", 15, "a knob's name", None),
    ("expect wire syn = lost", 19, "delivered, dropped, held", None),
    ("server: ", 8, "a command", None),
    ("server: lisen 3", 9, "a command", "listen"),
    ("server:listen 3", 1, "a blank after the colon", "server: listen"),
    ("Server: listen 3", 1, "a program's name", "server:"),
    ("2nd: listen 3", 1, "a program's name", None),
    ('"bind" 3', 1, "a command", None),
    ("socket tpc", 8, "tcp or udp", "tcp"),
    ("socket tcp ipv7", 12, "ipv6 or the line's end", "ipv6"),
    ("bind 3 127.0.0.1 70000", 18, "a port from 0 to 65535", None),
    ("bind 3 127.0.0.1 http", 18, "a port from 0 to 65535", None),
    ("bind 3 127.0.0.1 -1", 18, "a port from 0 to 65535", None),
    ("bind 3 127.0.0.1", 17, "a port from 0 to 65535", None),
    ("bind 3 127.0.0.1:80", 8, "a host and a port as two words", "127.0.0.1 80"),
    ("bind 3 [::1]:80", 8, "a host and a port as two words", "::1 80"),
    ("bind 3", 7, "a host and a port", None),
    ("bind 3 a\0b 80", 8, "a host's name or address", None),
    ("connect 3 @Server", 11, "@PROGRAM or @PROGRAM.FD", None),
    ("connect 3 @server.9999999999", 11, "@PROGRAM or @PROGRAM.FD", None),
    ("close -1", 7, "a descriptor", None),
    ("close 2147483648", 7, "a descriptor", None),
    ("close 3 4", 9, "the line's end", None),
    ("listen 3 -1", 10, "Python passes 0 for less", None),
    ("listen 3 2147483648", 10, "a backlog from 0 to 2147483647", None),
    ("send 3", 7, '"TEXT", hex:48_69, file:PATH or bytes:N', None),
    ("send 3 hello", 8, '"TEXT"', '"hello"'),
    ("send 3 hexa:48", 8, '"TEXT"', "hex:"),
    ('send 3 "hello', 14, 'a closing "', None),
    ('send 3 "hello\\', 14, "an escape", None),
    ('send 3 "a"b', 11, "a blank after", None),
    ('send 3 "a\\qb"', 10, "an escape", None),
    ('send 3 "\\x4g"', 9, "an escape", None),
    ('send 3 "a"...', 8, "without ...", None),
    ("send 3 hex:4x", 13, "pairs of hex digits", None),
    ("send 3 hex:484", 8, "pairs of hex digits", None),
    ("send 3 hex:", 8, "pairs of hex digits", None),
    ("send 3 bytes:-1", 8, "bytes:N", None),
    ("send 3 bytes:1073741825", 8, "bytes:N", None),
    ("send 3 file:", 13, "a path", None),
    ('send 3 file:"a b"', 8, "a blank before the quote", None),
    ('send 3 file: "\\xff"', 14, "a path", None),
    ('send 3 "a" dontwiat', 12, "oob, dontwait or the line's end", "dontwait"),
    ('sendto 3 peer 80 "a"', 15, '"TEXT"', '"80"'),
    ("recv 3 0", 8, "a number of bytes, at least 1", None),
    ("recv 3 -5", 8, "a number of bytes, at least 1", None),
    ("recv 3 9" + "9" * 5000, 8, "a number of bytes, at least 1", None),
    ("recv 3 peak", 8, "peek, oob, waitall, trunc, dontwait or the line's end", "peek"),
    ("recvfrom 3 oob", 12, "peek, trunc or the line's end", None),
    ("shutdown 3 sideways", 12, "in, out or both", None),
    ("setsockopt 3 reuseadr on", 14, "a socket option", "reuseaddr"),
    ("setsockopt 3 SO_REUSEADDR on", 14, "a socket option", "reuseaddr"),
    ("setsockopt 3 TCP_NODELAY on", 14, "a socket option", "nodelay"),
    ("setsockopt 3 reuseaddr yes", 24, "on, off or a number", None),
    ("setsockopt 3 rcvbuf big", 21, "a number", None),
    ("setsockopt 3 rcvbuf 2147483648", 21, "a number", None),
    ("setsockopt 3 rcvtimeo -1", 23, "a time in seconds, or off", None),
    ("setsockopt 3 linger 0.5", 21, "whole seconds, or off", None),
    ("setsockopt 3 join localhost", 19, "the address of a group", None),
    ("getsockopt 3", 13, "a socket option", None),
    ("nonblock 3 onn", 12, "on or off", "on"),
    ("poll 3 inn", 8, "in, out or in,out", "in"),
    ("poll 3 in 2147484", 11, "a time of at most 2147483 s", None),
    ("serve tcp 8080", 15, "a port from 0 to 65535", None),
    ("serve tcp @server", 18, "a port from 0 to 65535", None),
    ("serve tcp * 80 ecko", 16, "a behaviour", "echo"),
    ("serve tcp * 80 echo backlg=5", 21, "an option", "backlog="),
    ("serve tcp * 80 backlog=5 echo", 26, "an option", None),
    ("serve tcp * 80 backlog=-5", 24, "a backlog from 0", None),
    ("serve tcp * 80 backlog= read=auto", 16, "a backlog from 0", None),
    ("serve tcp * 80 accept=manuel", 23, "manual or auto", "manual"),
    ("serve tcp * 80 max-clients=x", 28, "a number of clients", None),
    ("serve tcp * 80 timeout=0", 24, "more than 0", None),
    ("serve tcp * 80 timeout=1 timeout=2", 26, "each option only once", None),
    ("serve udp * 80 timeot=1", 16, "an option", "timeout="),
    ("serve udp * 80 htttp", 16, "a behaviour", None),
    ("client udp * 80 timeot=1", 17, "an option", "timeout="),
    ("client tcp * 80 v6only=on", 17, "an option", None),
    ("client udp", 11, "a host and a port, or @PROGRAM", None),
    ("forward tcp * 80", 17, "a host and a port, or @PROGRAM", None),
    ("forward tcp @server @server", 21, "a port from 0 to 65535", None),
    ("forward tcp * 80 @s dely=1", 21, "an option", "delay="),
    ("forward tcp * 80 @s delay=61", 27, "a time from 0 to 60 s", None),
    ("forward tcp * 80 @s slice=0", 27, "a number of bytes, at least 1", None),
    ("forward tcp * 80 @s rate=0.5", 26, "bytes per second, at least 1", None),
    ("forward tcp * 80 @s reset-after=x", 33, "a number of bytes, at least 1", None),
    ("forward udp * 80 @s loss=200%", 26, "a share from 0 to 100%", None),
    ("forward udp * 80 @s seed=-1", 26, "a whole number", None),
    ("forward udp * 80 @s loss=0 loss=1", 28, "each option only once", None),
    ("every -1 close", 7, "a time in seconds", None),
    ("every 1 x0 close", 9, "xN", None),
    ("every 1 x2", 11, "a command that a program can repeat", None),
    ("every 1 server: close", 9, "without its name", None),
    ("every 1 every 1 close", 9, "a command that a program can repeat", None),
    ("every 1 new", 9, "a command that a program can repeat", None),
    ("every 1 recv 3 0", 16, "a number of bytes, at least 1", None),
    ("every 1 stop 3", 14, "the line's end", None),
    ("pace fast", 6, "full, slow or step", None),
    ("pace full 1", 11, "the line's end", None),
    ("sleep 1e3", 7, "a time in seconds", None),
    ("sleep", 6, "a time in seconds", None),
    ("note  ", 7, "a text", None),
    ("expect server: recv = 3", 8, "a program's name", "server"),
    ("expect server receive = 3", 15, "a call's name or a descriptor", "recv"),
    ("expect server 3 ESTAB", 17, "a TCP state, recv_queue", "ESTABLISHED"),
    ("expect server 3 close-wait", 17, "a TCP state, recv_queue", "CLOSE_WAIT"),
    ("expect server 3 accept_queue 1", 30, "=", None),
    ("expect server 3 accept_queue = *", 32, "a number, <N or >N", None),
    ("expect server recv =5", 20, "a descriptor", None),
    ("expect server recv", 19, "=", None),
    ("expect server recv = ECONREFUSED", 22, "an errno's name", "ECONNREFUSED"),
    ("expect server recv = -1", 22, "an errno's name", None),
    ("expect server recv = 5 5", 24, "within S or the line's end", None),
    ('expect server recv = 5 "a" witin 3', 28, "within S or the line's end", "within"),
    ("expect server recv = 5 within", 30, "a time in seconds", None),
    ("stop\nstop", 5, "one line", None),
    ("note \udc80", 6, "text in UTF-8", None),
]


@pytest.mark.parametrize(
    ("line", "column", "expected", "meant"), BAD, ids=[ascii(line)[:60] for line, *_ in BAD]
)
def test_a_line_that_makes_no_sense(
    line: str, column: int, expected: str, meant: str | None
) -> None:
    with pytest.raises(LanguageError) as raised:
        parse_line(line)
    error = raised.value
    assert (error.column, error.suggestion) == (column, meant)
    assert expected in error.expected
    assert str(error).startswith(f"column {column}: expected {error.expected}")
    assert str(error).isprintable()
    assert len(str(error)) < 200


def test_what_an_error_says() -> None:
    with pytest.raises(LanguageError) as raised:
        parse_script("\nserver: socket tcp\nserver: lisen 3\n")
    assert str(raised.value) == (
        "line 3, column 9: expected a command, not 'lisen' (did you mean 'listen'?)"
    )
    assert (raised.value.line, raised.value.text) == (3, "lisen")
    with pytest.raises(LanguageError) as raised:
        parse_line("bind 3 *  # where?")
    assert str(raised.value) == (
        "column 9: expected a port from 0 to 65535, but the line ends here"
    )


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("tcp loss=10%", "a relay of TCP can't drop a segment: it has two connections of its own"),
        ("tcp duplicate=10%", "a relay of TCP can't duplicate a segment"),
        ("tcp reorder=10%", "a relay of TCP can't reorder segments"),
        ("tcp seed=1", "a relay of TCP leaves nothing to chance"),
        ("udp slice=1", "a relay of UDP can't slice"),
        ("udp rate=1k", "a relay of UDP can't slow a sender down"),
        ("udp reset-after=1", "a relay of UDP can't reset"),
    ],
)
def test_what_a_relay_of_one_transport_cannot_do(option: str, why: str) -> None:
    transport, word = option.split()
    with pytest.raises(LanguageError) as raised:
        parse_script(f"\nforward {transport} * 80 @server {word}")
    assert str(raised.value).startswith(f"line 2, column 26: {why}")
    assert raised.value.text == word


@pytest.mark.parametrize(
    ("line", "wrong", "why"),
    [
        (
            "serve udp * 80 max-clients=2",
            "max-clients=2",
            "a server of UDP can't count its clients",
        ),
        ("serve udp * 80 echo timeout=5", "timeout=5", "a server of UDP has nothing to close"),
        ("serve udp * 80 backlog=5", "backlog=5", "a server of UDP has no backlog"),
        ("serve udp * 80 accept=manual", "accept=manual", "a server of UDP accepts nobody"),
        ("serve udp * 80 manual timeout=5", "timeout=5", "a server of UDP has nothing to close"),
        ("serve tcp * 80 manual timeout=5", "timeout=5", "a server that receives only when told"),
        (
            "serve tcp * 80 read=manual timeout=5",
            "timeout=5",
            "a server that receives only when told",
        ),
        (
            "serve tcp * 80 timeout=5 read=manual",
            "read=manual",
            "a server that receives only when told",
        ),
    ],
)
def test_what_a_server_cannot_do(line: str, wrong: str, why: str) -> None:
    with pytest.raises(LanguageError) as raised:
        parse_line(line)
    assert str(raised.value).startswith(f"column {line.index(wrong) + 1}: {why}")
    assert raised.value.text == wrong


@pytest.mark.parametrize(
    ("line", "wrong", "why"),
    [
        ("serve udp * 80 http", "http", "http doesn't run over UDP: say `serve tcp`, or take"),
        ("serve udp * 80 http read=manual", "http", "http doesn't run over UDP"),
        ("client udp * 80 timeout=2", "timeout=2", "a client of UDP has nothing to wait for"),
        ("client udp @s read=auto timeout=2", "timeout=2", "a client of UDP has nothing to wait"),
    ],
)
def test_what_datagrams_cannot_do(line: str, wrong: str, why: str) -> None:
    with pytest.raises(LanguageError) as raised:
        parse_script(f"\na: {line}")
    assert str(raised.value).startswith(f"line 2, column {line.index(wrong) + 4}: {why}")
    assert raised.value.text == wrong


def test_an_error_shows_no_terminal_escapes_and_no_endless_words() -> None:
    with pytest.raises(LanguageError) as raised:
        parse_line("\x1b]0;title\x07" + "x" * 1000)
    assert str(raised.value) == (
        r"column 1: expected a command, not '\x1b]0;title\x07" + "x" * 29 + "…'"
    )


@pytest.mark.parametrize("line", ["", "   \t ", "# a comment", "  #", "\n"])
def test_what_says_nothing(line: str) -> None:
    assert parse_line(line) is None


def test_a_line_names_its_program_or_goes_to_the_last() -> None:
    assert [
        line.line.program
        for line in parse_script("stop\nclient-2: stop\nexpect a 3 CLOSE\nstop\nb: sleep 1\nstop")
    ] == ["main", "client-2", None, "client-2", None, "b"]


def test_a_script() -> None:
    lines = parse_script(HANDSHAKE)
    assert [line.number for line in lines] == list(range(2, 17))
    assert lines[0].text == "server: socket tcp                # = 3"
    assert lines[4].line.command == c.Connect(3, c.AddressOf("server"))


def test_a_script_from_another_editor() -> None:
    lines = parse_script("\ufeffsocket tcp\r\n\r\nclose 3\r\n")
    assert [(line.number, line.text) for line in lines] == [(1, "socket tcp"), (3, "close 3")]


def test_blanks_between_words() -> None:
    parsed = parse_line(" \tserver:\t bind  3\u00a0*   8080\t")
    assert parsed is not None
    assert (parsed.program, parsed.command) == ("server", c.Bind(3, ANY))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_behaviour_can_be_served(name: str) -> None:
    parsed = parse_line(f"serve tcp * 8080 {name}")
    assert parsed is not None
    assert parsed.command == c.Serve("tcp", ANY, name)


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_can_be_read(name: str) -> None:
    parsed = parse_line(f"getsockopt 3 {name}")
    assert parsed is not None
    assert parsed.command == c.GetSockOpt(3, name)


def test_errnos_have_one_name_each() -> None:
    for name, number in ERRNOS.items():
        (one,) = {errno_name(number), errno_name(ERRNOS[errno_name(number)])}
        assert one in ERRNOS, name
    assert errno_name(ERRNOS["ENOTSUP"]) == "EOPNOTSUPP"
    assert errno_name(99999) == "E99999"


def test_winsocks_errors_have_the_names_of_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    refused, would_block, no_winsock = 10061, 10035, 10093
    monkeypatch.setitem(errno.errorcode, refused, "WSAECONNREFUSED")
    monkeypatch.setitem(errno.errorcode, would_block, "WSAEWOULDBLOCK")
    monkeypatch.setitem(errno.errorcode, no_winsock, "WSANOTINITIALISED")
    assert errno_name(refused) == begun_name(OSError(refused, "")) == "ECONNREFUSED"
    assert errno_name(would_block) == "EAGAIN"
    assert begun_name(OSError(would_block, "")) == "EINPROGRESS"
    assert errno_name(no_winsock) == "WSANOTINITIALISED"
    assert begun_name(OSError(errno.EAGAIN, "")) == "EAGAIN"


def test_what_was_meant() -> None:
    assert closest("Fin-Wait1", ["FIN_WAIT1", "FIN_WAIT2"]) == "FIN_WAIT1"
    assert closest("zebra", ["listen"]) is None


# Any line at all.

WORDS = st.sampled_from(
    [
        *VERBS,
        *OPTIONS,
        *("server:", "server", "@server", "@", "3", "-1", "0", "99999999999999999999", "0x1"),
        *("tcp", "udp", "ipv6", "*", "::1", "on", "off", "in,out", "peer", "x3", "=", "<", ">5"),
        *('"', '"a"', '"a"...', "hex:4_1", "hex:", "file:", "bytes:7", "bytes:", "within", "#"),
        *("backlog=", "read=auto", "timeout=.", "1.5", "ECONNRESET", "LISTEN", "recv_queue"),
    ]
)
LINES = st.lists(WORDS | st.text(max_size=8), max_size=8).map(" ".join)


@settings(deadline=None)
@given(LINES)
@example("every 1 x٣ close")
@example("expect a recv = ٣")
def test_any_line_is_understood_or_refused(line: str) -> None:
    error: LanguageError | None = None
    parsed = None
    try:
        parsed = parse_line(line)
    except LanguageError as raised:
        error = raised
    assert error is None or 1 <= error.column <= len(line) + 1
    assert error is None or str(error).isprintable()
    assert parsed is None or parsed.text == line.strip()


@settings(deadline=None)
@given(st.text(st.characters(), max_size=200))
def test_any_text_is_a_script_or_refused(text: str) -> None:
    numbers = []
    try:
        numbers = [line.number for line in parse_script(text)]
    except LanguageError as error:
        numbers = [error.line]
    assert numbers == sorted(set(numbers))
    assert set(numbers) <= set(range(1, text.count("\n") + 2))


@settings(deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_quoted_bytes_come_back(data: bytes) -> None:
    parsed = parse_line(f"send 3 {quote(data)} oob")
    assert parsed is not None
    assert parsed.command == c.Send(3, c.Literally(data), frozenset({"oob"}))


def test_quoted_text_stays_readable() -> None:
    assert quote('안녕 "x"\r\n\x1b'.encode() + b"\xff") == r'"안녕 \"x\"\r\n\x1b\xff"'


PLAIN = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9).filter(
    lambda word: word[0] not in '"#' and not any(map(str.isspace, word))
)
BLANKS = st.text(" \t", min_size=1, max_size=3)


@settings(deadline=None)
@given(st.lists(st.tuples(BLANKS, PLAIN | st.binary(max_size=5).map(quote))), BLANKS)
def test_words_are_where_they_say(written: list[tuple[str, str]], end: str) -> None:
    line = "".join(blank + word for blank, word in written) + end + "# the rest"
    found, position = [], 0
    while word := word_at(line, position):
        assert line[word.start : word.end] == word.text
        found.append(word.text)
        position = word.end
    assert found == [word for _blank, word in written]
