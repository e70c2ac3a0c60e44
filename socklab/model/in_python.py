"""A call as a line of Python, as a program of one's own would make it.

What a journal says may come from anywhere, and exported code is run: only what is checked to be a
name, a number or an address becomes code, all else is a literal or a comment.

Python's own habits: `recv`, `send` and the like are methods of an object, an errno is an exception
and the bytes of a structure are packed by `struct`. Constants that the socket module doesn't have
are written as their numbers (from <linux/in.h>).
"""

from __future__ import annotations

import builtins
import errno
import math
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from socklab.events import Address, Arg, Call
from socklab.model.escaping import SHOWN, plain
from socklab.model.notation import call_text, outcome_text
from socklab.model.option_forms import Form, form
from socklab.model.tcp_info import SIZE_ASKED

_SYMBOL = re.compile(r"[A-Z][A-Z0-9_]*")
_HOST = re.compile(r"[0-9A-Fa-f:.]+(?:%[0-9A-Za-z._-]+)?")
_UNNAMED = {
    "IP_RECVERR": 11,
    "IP_MULTICAST_ALL": 49,
    "IPV6_RECVERR": 25,
    "IPV6_MULTICAST_ALL": 29,
}
_VALUES = {Form.LINGER: 8, Form.TIMEVAL: 16, Form.TEXT: 16, Form.INFO: SIZE_ASKED}
_ESCAPES = {0x0A: r"\n", 0x0D: r"\r", 0x09: r"\t", 0x22: r"\"", 0x5C: r"\\"}


class NoCode(ValueError):
    """This event can't be written as code: it says something that no call of the lab says."""


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
        code = python_target(call, _pieces(call, limit)) + _shown(call, limit)
    except NoCode:
        return f"# {call_text(call, limit)}"
    return f"{code}  # {python_outcome(call, limit)}"


def python_code(call: Call, pieces: Pieces) -> str:
    """The call alone, as an expression. Raises NoCode."""
    write = _WRITERS.get(call.name)
    if write is None:
        raise NoCode(call.name)
    try:
        return write(call, pieces)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise NoCode(str(error)) from error


def python_target(call: Call, pieces: Pieces) -> str:
    """What the call's result is assigned to, with the `=`; empty where nothing need be kept."""
    if call.error is not None or call.result is None:
        return ""
    if call.name == "socket":
        return f"{pieces.new} = "
    return f"{pieces.new}, peer = " if call.name == "accept" else ""


def python_outcome(call: Call, limit: int = SHOWN) -> str:
    """What the call gave, for a comment: `= 5 "hello"`, `ConnectionRefusedError: ECONNREFUSED`."""
    if call.error is None:
        return f"= {outcome_text(call, limit)}"
    return f"{_exception(call.error)}: {plain(call.error)}"


def python_bytes(data: bytes) -> str:
    r"""A bytes literal in double quotes, ASCII only: `b"hi\xff"`."""
    return f'b"{"".join(map(_letter, data))}"'


def python_address(address: Address) -> str:
    """`("127.0.0.1", 8080)`, and a scope where Python takes it. Raises NoCode for a host that is no
    numeric address."""
    host, port = address
    if not _HOST.fullmatch(host):
        raise NoCode(host)
    number, _percent, scope = host.partition("%")
    link = f", 0, {_interface(scope)}" if scope else ""
    return f'("{number}", {int(port)}{link})'


def _pieces(call: Call, limit: int) -> Pieces:
    fd = -1 if call.fd is None else call.fd
    new = fd if call.name == "socket" else call.result
    data = call.data or b""
    whole = len(data) <= limit and len(data) == (call.size or 0)
    place = _place(call)
    return Pieces(
        sock=f"sock{fd}",
        new=f"sock{new}",
        data=python_bytes(data) if whole else "data",
        place=python_address(place) if place else "",
    )


def _place(call: Call) -> Address | None:
    return next((arg for arg in call.args if isinstance(arg, tuple)), None)


def _shown(call: Call, limit: int) -> str:
    """`poll` has no function of its own in Python: an object holds what it waits for."""
    pieces = _pieces(call, limit)
    if call.name != "poll":
        return python_code(call, pieces)
    events, limit_ms = _events(call.args[0]), _number(call.args[1])
    return f"p = select.poll(); p.register({pieces.sock}, {events}); p.poll({limit_ms})"


def _letter(byte: int) -> str:
    return _ESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}")


def _exception(name: str) -> str:
    """The class of the exception that Python raises for an errno."""
    number = getattr(errno, name, None) if _SYMBOL.fullmatch(name) else None
    made = OSError(number, "") if isinstance(number, int) else OSError()
    return type(made).__name__ if hasattr(builtins, type(made).__name__) else "OSError"


# Arguments.


def _symbol(arg: Arg) -> str:
    if not isinstance(arg, str) or not _SYMBOL.fullmatch(arg):
        raise NoCode(arg)
    return str(_UNNAMED.get(arg, f"socket.{arg}"))


def _number(arg: Arg) -> int:
    if not isinstance(arg, int):
        raise NoCode(arg)
    return int(arg)


def _flags(arg: Arg) -> str:
    """`, socket.MSG_PEEK | socket.MSG_OOB`, empty for none."""
    if arg in ("0", 0):
        return ""
    return ", " + " | ".join(_symbol(name) for name in str(arg).split("|"))


def _events(arg: Arg) -> str:
    names = str(arg).split("|") if arg else []
    if not all(map(_SYMBOL.fullmatch, names)):
        raise NoCode(arg)
    return " | ".join(f"select.{name}" for name in names) or "0"


def _interface(name: str) -> str:
    """The expression for an interface's number."""
    name = name.rpartition("%")[2]
    if name.isascii() and name.isdecimal():
        return name.lstrip("0") or "0"  # of any length: int() would take 4300 digits only
    return f"socket.if_nametoindex({_text(name)})"


def _text(text: str) -> str:
    return python_bytes(text.encode()).removeprefix("b") if text.isascii() else ascii(text)


def _packed(text: str) -> str:
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return f'socket.inet_aton("{address}")'
    return f'socket.inet_pton(socket.AF_INET6, "{address}")'


def _is_ipv4(text: str) -> bool:
    try:
        return ip_address(text).version == 4
    except ValueError:
        return False


# Calls.


def _socket(call: Call, pieces: Pieces) -> str:
    family, kind = call.args[:2]
    return f"socket.socket({_symbol(family)}, {_symbol(kind)})"


def _bind(call: Call, pieces: Pieces) -> str:
    if not pieces.place:
        raise NoCode(call.name)
    return f"{pieces.sock}.{call.name}({pieces.place})"


def _listen(call: Call, pieces: Pieces) -> str:
    return f"{pieces.sock}.listen({_number(call.args[0])})"


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
    size, flags = _number(call.args[0]), _flags(call.args[1] if len(call.args) > 1 else "0")
    if "MSG_TRUNC" in flags:
        return f"{pieces.sock}.{call.name}_into(bytearray({size}), {size}{flags})"
    return f"{pieces.sock}.{call.name}({size}{flags})"


def _shutdown(call: Call, pieces: Pieces) -> str:
    return f"{pieces.sock}.shutdown({_symbol(call.args[0])})"


def _ioctl(call: Call, pieces: Pieces) -> str:
    if call.args[0] != "FIONBIO":
        raise NoCode(call.args[0])
    return f"{pieces.sock}.setblocking({not _number(call.args[1])})"


def _poll(call: Call, pieces: Pieces) -> str:
    return f"poll({pieces.sock}, {_events(call.args[0])}, {_number(call.args[1])})"


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
            on, seconds = (0, 0) if value == "off" else (1, int(str(value)))
            return f'struct.pack("ii", {on}, {seconds})'
        case Form.TIMEVAL:
            seconds, micro = timeval(value)
            return f'struct.pack("ll", {seconds}, {micro})'
        case Form.TEXT:
            return python_bytes(str(value).encode())
        case Form.INTERFACE:
            return _packed(str(value)) if _is_ipv4(str(value)) else _mreqn("8xi", str(value))
        case Form.MEMBERSHIP:
            return _membership(*str(value).split(" "))
        case _ if isinstance(value, str):  # IPV6_MULTICAST_IF
            return _interface(value)
        case _:
            return str(_number(value))


def _mreqn(layout: str, interface: str) -> str:
    return f'struct.pack("{layout}", {_interface(interface)})'


def _membership(group: str, interface: str = "") -> str:
    """struct ip_mreq, ip_mreqn or ipv6_mreq: the group, then the interface."""
    if not _is_ipv4(group):
        return f"{_packed(group)} + {_mreqn('I', interface or '0')}"
    if interface and not _is_ipv4(interface):
        return f"{_packed(group)} + {_mreqn('4xi', interface)}"
    return f"{_packed(group)} + {_packed(interface or '0.0.0.0')}"


def timeval(value: Arg) -> tuple[int, int]:
    """Seconds as seconds and microseconds, rounded up: 0 would be no limit."""
    return divmod(math.ceil(round(float(str(value)) * 1_000_000, 3)), 1_000_000)


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
