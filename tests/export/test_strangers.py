"""Journals that no lab has written: whatever is in them, the programs are whole and do no more."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Command, Wait
from socklab.export.c_source import write_c
from socklab.export.python_source import write_python
from tests.export.calls import folder
from tests.export.journal import ListJournal, T

NAMES = st.sampled_from(
    ["socket", "bind", "listen", "accept", "connect", "send", "sendto", "recv", "recvfrom",
     "getsockname", "shutdown", "close", "setsockopt", "getsockopt", "ioctl", "poll", "fork"]
)  # fmt: skip
SMALL = st.integers(-2, 6)
TIMES = st.integers(T, T + 50)
WORDS = st.sampled_from(
    ["0", "MSG_PEEK", "MSG_TRUNC", "AF_INET", "SOCK_DGRAM", "SOL_SOCKET", "SO_LINGER",
     "SO_RCVTIMEO", "IP_ADD_MEMBERSHIP", "IPV6_MULTICAST_IF", "FIONBIO", "off", "",
     '"', "*/", "\\", "\n"]
)  # fmt: skip
ADDRESSES = st.tuples(st.sampled_from(["127.0.0.1", "::1", "fe80::1%lo", "x", ""]), SMALL)
ARGS = st.lists(st.one_of(SMALL, WORDS, ADDRESSES, st.none(), st.floats()), max_size=4).map(tuple)
PROGRAMS = st.sampled_from(["a", "b", None, "../c", ""])
CAUSES = st.one_of(st.none(), st.integers(0, 12))
CALLS = st.builds(
    Call,
    t=TIMES,
    program=PROGRAMS,
    cause=CAUSES,
    name=NAMES,
    sock=st.one_of(st.none(), SMALL),
    fd=st.one_of(st.none(), SMALL),
    args=ARGS,
    result=st.one_of(st.none(), SMALL),
    error=st.sampled_from([None, None, "EAGAIN", "ENOWHERE", "*/"]),
    duration=st.integers(0, 30),
    os_fd=st.one_of(st.none(), SMALL),
    local=st.one_of(st.none(), ADDRESSES),
    remote=st.one_of(st.none(), ADDRESSES),
    data=st.one_of(st.none(), st.binary(max_size=9)),
    size=st.one_of(st.none(), SMALL),
    new_sock=st.one_of(st.none(), SMALL),
    cut=st.booleans(),
)
WAITS = st.builds(
    Wait,
    t=TIMES,
    program=PROGRAMS,
    cause=CAUSES,
    name=NAMES,
    sock=st.one_of(st.none(), SMALL),
    fd=st.one_of(st.none(), SMALL),
    args=ARGS,
)
COMMANDS = st.builds(
    Command,
    t=TIMES,
    program=PROGRAMS,
    text=st.sampled_from(
        ["serve tcp * 1 echo timeout=-1", "serve udp * 1 nonsense", "serve", "client tcp a 1",
         "accept 3", "stop", "send 3 bytes:3", "send 3 file:x", 'sendto 3 peer "x"', "sleep -1"]
    ),
    origin=st.just("script"),
)  # fmt: skip
JOURNALS: st.SearchStrategy[list[AnyEvent]] = st.lists(
    st.one_of(CALLS, WAITS, COMMANDS), max_size=12
)


@given(JOURNALS)
def test_python_can_read_them(events: list[AnyEvent]) -> None:
    for path, text in folder(write_python, ListJournal(events)).items():
        assert "/" not in path
        if path.endswith(".py"):
            ast.parse(text)


@given(JOURNALS)
def test_c_has_its_parts(events: list[AnyEvent]) -> None:
    for path, text in folder(write_c, ListJournal(events)).items():
        if path.endswith(".c"):
            assert text.count("int main(void)") == 1
            assert text.endswith("    return 0;\n}\n")
