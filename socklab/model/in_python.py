"""A call as a line of Python, as a program of one's own would make it.

Python's own habits: `recv`, `send` and the like are methods of an object, an errno is an exception
and the bytes of a structure are packed by `struct`. Constants that the socket module doesn't have
are written as their numbers (from <linux/in.h>).
"""

from __future__ import annotations

import builtins
import errno
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from socklab.events import Address, Arg, Call
from socklab.model.escaping import SHOWN, plain
from socklab.model.in_code import (
    NoCode,
    as_number,
    as_symbol,
    as_symbols,
    is_ipv4,
    is_symbol,
    is_whole,
    letter,
    number_or_name,
    numeric_host,
    written,
)
from socklab.model.notation import call_text, outcome_text
from socklab.model.option_forms import Form, form, linger, timeval
from socklab.model.tcp_info import SIZE_ASKED

_UNNAMED = {
    "IP_RECVERR": 11,
    "IP_MULTICAST_ALL": 49,
    "IPV6_RECVERR": 25,
    "IPV6_MULTICAST_ALL": 29,
}
_VALUES = {Form.LINGER: 8, Form.TIMEVAL: 16, Form.TEXT: 16, Form.INFO: SIZE_ASKED}
_HEXADECIMAL = r"\x{:02x}"


@dataclass(frozen=True, slots=True)
class Pieces:
    """The expressions that a call's code is put together from: the socket, the variable for a new
    one, the data that is sent, and the address."""

    sock: str
    new: str
    data: str
    place: str


def python_call(call: Call, limit: int = SHOWN) -> str:
    """The call as a statement, and what it gave as a comment.

    `sock3.connect(("127.0.0.1", 8080))  # = 0`; where it failed, the exception:
    `sock3.recv(100)  # ConnectionResetError: ECONNRESET`. Data of more than `limit` bytes is
    called `data`. A call that can't be written is a comment as a whole.
    """
    try:
        pieces = _pieces(call, limit)
        code = _target(call, pieces) + written(call, _STATEMENTS, pieces)
    except NoCode:
        return f"# {call_text(call, limit)}"
    return f"{code}  # {_outcome(call, limit)}"


def python_code(call: Call, pieces: Pieces) -> str:
    """The call alone, as an expression. Raises NoCode."""
    return written(call, _WRITERS, pieces)


def python_bytes(data: bytes) -> str:
    r"""A bytes literal in double quotes, ASCII only: `b"hi\xff"`."""
    return f'b"{"".join(letter(byte, _HEXADECIMAL) for byte in data)}"'


def python_address(address: Address) -> str:
    """`("127.0.0.1", 8080)`, and a scope where Python takes it. Raises NoCode for a host that is no
    numeric address."""
    known, scope, _version = numeric_host(address)
    link = f", 0, {_interface(scope)}" if scope else ""
    return f'("{known}", {int(address[1])}{link})'


def _pieces(call: Call, limit: int) -> Pieces:
    fd = -1 if call.fd is None else call.fd
    new = fd if call.name == "socket" else call.result
    data = call.data or b""
    place = _place(call)
    return Pieces(
        sock=f"sock{fd}",
        new=f"sock{new}",
        data=python_bytes(data) if is_whole(call, limit) else "data",
        place=python_address(place) if place else "",
    )


def _place(call: Call) -> Address | None:
    return next((arg for arg in call.args if isinstance(arg, tuple)), None)


def _target(call: Call, pieces: Pieces) -> str:
    """What the call's result is assigned to, with the `=`; empty where nothing need be kept."""
    if call.error is not None or call.result is None:
        return ""
    if call.name == "socket":
        return f"{pieces.new} = "
    return f"{pieces.new}, peer = " if call.name == "accept" else ""


def _outcome(call: Call, limit: int = SHOWN) -> str:
    """What the call gave, for a comment: `= 5 "hello"`, `ConnectionRefusedError: ECONNREFUSED`."""
    if call.error is None:
        return f"= {outcome_text(call, limit)}"
    return f"{_exception(call.error)}: {plain(call.error)}"


def _exception(name: str) -> str:
    """The class of the exception that Python raises for an errno."""
    number = getattr(errno, name, None) if is_symbol(name) else None
    made = OSError(number, "") if isinstance(number, int) else OSError()
    return type(made).__name__ if hasattr(builtins, type(made).__name__) else "OSError"


# Arguments.


def _constant(name: str) -> str:
    return str(_UNNAMED.get(name, f"socket.{name}"))


def _symbol(arg: Arg) -> str:
    return _constant(as_symbol(arg))


def _flags(arg: Arg) -> str:
    """`, socket.MSG_PEEK | socket.MSG_OOB`, empty for none."""
    names = as_symbols(arg)
    return ", " + " | ".join(map(_constant, names)) if names else ""


def _events(arg: Arg) -> str:
    return " | ".join(f"select.{name}" for name in as_symbols(arg or 0)) or "0"


def _interface(text: str) -> str:
    """The expression for an interface's number."""
    known, name = number_or_name(text)
    return known or f"socket.if_nametoindex({_text(name)})"


def _text(text: str) -> str:
    return python_bytes(text.encode()).removeprefix("b") if text.isascii() else ascii(text)


def _packed(text: str) -> str:
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return f'socket.inet_aton("{address}")'
    return f'socket.inet_pton(socket.AF_INET6, "{address}")'


# Calls.


def _socket(call: Call, pieces: Pieces) -> str:
    family, kind = call.args[:2]
    return f"socket.socket({_symbol(family)}, {_symbol(kind)})"


def _bind(call: Call, pieces: Pieces) -> str:
    if not pieces.place:
        raise NoCode(call.name)
    return f"{pieces.sock}.{call.name}({pieces.place})"


def _listen(call: Call, pieces: Pieces) -> str:
    return f"{pieces.sock}.listen({as_number(call.args[0])})"


def _bare(call: Call, pieces: Pieces) -> str:
    return f"{pieces.sock}.{call.name}()"


def _send(call: Call, pieces: Pieces) -> str:
    return f"{pieces.sock}.send({pieces.data}{_flags(call.args[0])})"


def _sendto(call: Call, pieces: Pieces) -> str:
    if not pieces.place:
        raise NoCode(call.name)
    flags = _flags(call.args[0])
    return f"{pieces.sock}.sendto({pieces.data}{flags}, {pieces.place})"


def _receive(call: Call, pieces: Pieces) -> str:
    """With MSG_TRUNC the result may be more than there was room for, which only `_into` can say."""
    size, flags = as_number(call.args[0]), _flags(call.args[1] if len(call.args) > 1 else "0")
    if "MSG_TRUNC" in flags:
        return f"{pieces.sock}.{call.name}_into(bytearray({size}), {size}{flags})"
    return f"{pieces.sock}.{call.name}({size}{flags})"


def _shutdown(call: Call, pieces: Pieces) -> str:
    return f"{pieces.sock}.shutdown({_symbol(call.args[0])})"


def _ioctl(call: Call, pieces: Pieces) -> str:
    if call.args[0] != "FIONBIO":
        raise NoCode(call.args[0])
    return f"{pieces.sock}.setblocking({not as_number(call.args[1])})"


def _poll(call: Call, pieces: Pieces) -> str:
    """An exported program has such a function."""
    return f"poll({pieces.sock}, {_events(call.args[0])}, {as_number(call.args[1])})"


def _poll_object(call: Call, pieces: Pieces) -> str:
    """`poll` has no function of its own in Python: an object holds what it waits for."""
    events, limit = _events(call.args[0]), as_number(call.args[1])
    return f"p = select.poll(); p.register({pieces.sock}, {events}); p.poll({limit})"


def _setsockopt(call: Call, pieces: Pieces) -> str:
    level, symbol, value = call.args[:3]
    raw = _option(str(symbol), value)
    return f"{pieces.sock}.setsockopt({_symbol(level)}, {_symbol(symbol)}, {raw})"


def _getsockopt(call: Call, pieces: Pieces) -> str:
    level, symbol = call.args[:2]
    size = 4 if symbol == "IP_MULTICAST_IF" else _VALUES.get(form(str(symbol)))
    room = f", {size}" if size else ""
    return f"{pieces.sock}.getsockopt({_symbol(level)}, {_symbol(symbol)}{room})"


def _option(symbol: str, value: Arg) -> str:
    """The expression for the value, which is an int or the bytes of a structure."""
    match form(symbol):
        case Form.LINGER:
            on, seconds = linger(value)
            return f'struct.pack("ii", {on}, {seconds})'
        case Form.TIMEVAL:
            seconds, micro = timeval(value)
            return f'struct.pack("ll", {seconds}, {micro})'
        case Form.TEXT:
            return python_bytes(str(value).encode())
        case Form.INTERFACE:
            return _packed(str(value)) if is_ipv4(str(value)) else _mreqn("8xi", str(value))
        case Form.MEMBERSHIP:
            return _membership(*str(value).split(" "))
        case _ if isinstance(value, str):  # IPV6_MULTICAST_IF
            return _interface(value)
        case _:
            return str(as_number(value))


def _mreqn(layout: str, interface: str) -> str:
    return f'struct.pack("{layout}", {_interface(interface)})'


def _membership(group: str, interface: str = "") -> str:
    """struct ip_mreq, ip_mreqn or ipv6_mreq: the group, then the interface."""
    if not is_ipv4(group):
        return f"{_packed(group)} + {_mreqn('I', interface or '0')}"
    if interface and not is_ipv4(interface):
        return f"{_packed(group)} + {_mreqn('4xi', interface)}"
    return f"{_packed(group)} + {_packed(interface or '0.0.0.0')}"


_WRITERS = {
    "socket": _socket,
    "bind": _bind,
    "listen": _listen,
    "accept": _bare,
    "connect": _bind,
    "getsockname": _bare,
    "getpeername": _bare,
    "send": _send,
    "sendto": _sendto,
    "recv": _receive,
    "recvfrom": _receive,
    "shutdown": _shutdown,
    "close": _bare,
    "setsockopt": _setsockopt,
    "getsockopt": _getsockopt,
    "ioctl": _ioctl,
    "poll": _poll,
}

_STATEMENTS = {**_WRITERS, "poll": _poll_object}
"""As a line that stands alone."""
