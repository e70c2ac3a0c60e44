"""A call as C99 with POSIX writes it, as a program of one's own would make it.

Two functions of the exported program's own stand in it, since C can't write them in an expression:
`ipv4(HOST, PORT)` and `ipv6(HOST, PORT)` make a filled `struct sockaddr_in` or `_in6`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from socklab.events import Address, Arg, Call
from socklab.model.escaping import SHOWN
from socklab.model.in_code import (
    NoCode,
    as_number,
    as_symbol,
    as_symbols,
    is_ipv4,
    is_whole,
    letter,
    number_or_name,
    numeric_host,
    written,
)
from socklab.model.notation import call_text, outcome_text
from socklab.model.option_forms import Form, form, linger, timeval

_COMMENT_EDGE = re.compile(r"(?<=/)(?=\*)|(?<=\*)(?=/)")
_OCTAL = r"\{:03o}"
_QUESTION = 0x3F


@dataclass(frozen=True, slots=True)
class CPieces:
    """The expressions that a call's code is put together from: the descriptor, the data that is
    sent and its size, the address that is passed and where one that is told is kept.

    `place` and `peer` are the two arguments, the structure's pointer and its size.
    """

    fd: str
    data: str
    size: str
    place: str = "(struct sockaddr *)&addr, sizeof addr"
    peer: str = "(struct sockaddr *)&addr, &length"


def c_call(call: Call, limit: int = SHOWN) -> str:
    """The call, and what it gave as a comment: `connect(3, (struct sockaddr *)&addr, sizeof addr)
    /* = -1 ECONNREFUSED */`. Data of more than `limit` bytes is called `data`.

    A call that can't be written is a comment as a whole.
    """
    data = call.data or b""
    pieces = CPieces(
        fd=str(-1 if call.fd is None else call.fd),
        data=c_string(data) if is_whole(call, limit) else "data",
        size=str(call.size or len(data)),
    )
    try:
        code = c_code(call, pieces)
    except NoCode:
        return f"/* {c_comment(call_text(call, limit))} */"
    return f"{code}  /* = {c_comment(outcome_text(call, limit))} */"


def c_code(call: Call, pieces: CPieces) -> str:
    """The call alone, as an expression. Raises NoCode."""
    return written(call, _WRITERS, pieces)


def c_string(data: bytes) -> str:
    r"""A string literal, ASCII only. Bytes are octal, which ends after three digits as hex doesn't,
    and no two question marks stand together, which C99 takes for a trigraph."""
    letters = []
    for place, byte in enumerate(data):
        asked_twice = byte == _QUESTION and place > 0 and data[place - 1] == _QUESTION
        letters.append(r"\?" if asked_twice else letter(byte, _OCTAL))
    return f'"{"".join(letters)}"'


def c_comment(text: str) -> str:
    """`text` as the inside of a comment: it neither ends it nor begins another."""
    return _COMMENT_EDGE.sub(" ", text)


def c_address(address: Address) -> str:
    """`ipv4("127.0.0.1", 8080)`. Raises NoCode for a host that is no numeric address."""
    version = numeric_host(address)[2]
    return f'ipv{version}("{address[0]}", {int(address[1])})'


# Arguments.


def _flags(arg: Arg) -> str:
    return " | ".join(as_symbols(arg)) or "0"


def _interface(text: str) -> str:
    """The expression for an interface's number."""
    known, name = number_or_name(text)
    return known or f"(int)if_nametoindex({c_string(name.encode())})"


# Calls.


def _socket(call: Call, pieces: CPieces) -> str:
    family, kind = call.args[:2]
    return f"socket({as_symbol(family)}, {as_symbol(kind)}, 0)"


def _bind(call: Call, pieces: CPieces) -> str:
    if not pieces.place:
        raise NoCode(call.name)
    return f"{call.name}({pieces.fd}, {pieces.place})"


def _listen(call: Call, pieces: CPieces) -> str:
    return f"listen({pieces.fd}, {as_number(call.args[0])})"


def _accept(call: Call, pieces: CPieces) -> str:
    return f"accept({pieces.fd}, NULL, NULL)"


def _name(call: Call, pieces: CPieces) -> str:
    return f"{call.name}({pieces.fd}, {pieces.peer})"


def _send(call: Call, pieces: CPieces) -> str:
    return f"send({pieces.fd}, {pieces.data}, {pieces.size}, {_flags(call.args[0])})"


def _sendto(call: Call, pieces: CPieces) -> str:
    flags = _flags(call.args[0])
    if not pieces.place:
        raise NoCode(call.name)
    return f"sendto({pieces.fd}, {pieces.data}, {pieces.size}, {flags}, {pieces.place})"


def _receive(call: Call, pieces: CPieces) -> str:
    size, flags = as_number(call.args[0]), _flags(call.args[1] if len(call.args) > 1 else "0")
    peer = f", {pieces.peer}" if call.name == "recvfrom" else ""
    return f"{call.name}({pieces.fd}, buffer, {size}, {flags}{peer})"


def _shutdown(call: Call, pieces: CPieces) -> str:
    return f"shutdown({pieces.fd}, {as_symbol(call.args[0])})"


def _close(call: Call, pieces: CPieces) -> str:
    return f"close({pieces.fd})"


def _ioctl(call: Call, pieces: CPieces) -> str:
    request, on = call.args[:2]
    return f"ioctl({pieces.fd}, {as_symbol(request)}, &(int){{{as_number(on)}}})"


def _poll(call: Call, pieces: CPieces) -> str:
    events = _flags(call.args[0] or "0")
    wants = f"&(struct pollfd){{.fd = {pieces.fd}, .events = {events}}}"
    return f"poll({wants}, 1, {as_number(call.args[1])})"


def _setsockopt(call: Call, pieces: CPieces) -> str:
    level, symbol, value = call.args[:3]
    raw = _option(str(symbol), value)
    return f"setsockopt({pieces.fd}, {as_symbol(level)}, {as_symbol(symbol)}, {raw})"


def _getsockopt(call: Call, pieces: CPieces) -> str:
    level, symbol = call.args[:2]
    return f"getsockopt({pieces.fd}, {as_symbol(level)}, {as_symbol(symbol)}, &value, &length)"


def value_type(symbol: str) -> str:
    """The C type of the variable that getsockopt fills in, `%s` standing for its name."""
    match form(symbol):
        case Form.LINGER:
            return "struct linger %s"
        case Form.TIMEVAL:
            return "struct timeval %s"
        case Form.TEXT:
            return "char %s[16]"
        case Form.INTERFACE:
            return "struct in_addr %s"
        case Form.INFO:
            return "struct tcp_info %s"
        case _:
            return "int %s"


def _option(symbol: str, value: Arg) -> str:
    """The last two arguments of setsockopt: a value made on the spot, and its size."""
    match form(symbol):
        case Form.LINGER:
            on, seconds = linger(value)
            return _literal("struct linger", f".l_onoff = {on}, .l_linger = {seconds}")
        case Form.TIMEVAL:
            seconds, micro = timeval(value)
            return _literal("struct timeval", f".tv_sec = {seconds}, .tv_usec = {micro}")
        case Form.TEXT:
            name = str(value).encode()
            return f"{c_string(name)}, {len(name)}"
        case Form.INTERFACE:
            return _multicast_interface(str(value))
        case Form.MEMBERSHIP:
            return _membership(*str(value).split(" "))
        case _ if isinstance(value, str):  # IPV6_MULTICAST_IF
            return _literal("int", _interface(value))
        case _:
            return _literal("int", str(as_number(value)))


def _literal(kind: str, content: str) -> str:
    return f"&({kind}){{{content}}}, sizeof({kind})"


def _multicast_interface(interface: str) -> str:
    if is_ipv4(interface):
        return _literal("struct in_addr", f'.s_addr = inet_addr("{interface}")')
    return _literal("struct ip_mreqn", f".imr_ifindex = {_interface(interface)}")


def _membership(group: str, interface: str = "") -> str:
    address = ip_address(group)
    if not isinstance(address, IPv4Address):
        index = _interface(interface or "0").removeprefix("(int)")
        six = f'.ipv6mr_multiaddr = ipv6("{address}", 0).sin6_addr, .ipv6mr_interface = {index}'
        return _literal("struct ipv6_mreq", six)
    four = f'.imr_multiaddr.s_addr = inet_addr("{address}")'
    if interface and not is_ipv4(interface):
        return _literal("struct ip_mreqn", f"{four}, .imr_ifindex = {_interface(interface)}")
    on = ip_address(interface) if interface else "0.0.0.0"
    return _literal("struct ip_mreq", f'{four}, .imr_interface.s_addr = inet_addr("{on}")')


_WRITERS = {
    "socket": _socket,
    "bind": _bind,
    "listen": _listen,
    "accept": _accept,
    "connect": _bind,
    "getsockname": _name,
    "getpeername": _name,
    "send": _send,
    "sendto": _sendto,
    "recv": _receive,
    "recvfrom": _receive,
    "shutdown": _shutdown,
    "close": _close,
    "setsockopt": _setsockopt,
    "getsockopt": _getsockopt,
    "ioctl": _ioctl,
    "poll": _poll,
}
