"""A call's arguments for the Inspect pane: by name, as code, and as the bytes that they are."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from socklab.events import Address, Arg, Call, Wait
from socklab.i18n import _
from socklab.model.addresses import address_text
from socklab.model.escaping import plain
from socklab.model.in_c import c_call
from socklab.model.in_python import python_call
from socklab.model.layout import Layout
from socklab.model.notation import argument_text
from socklab.model.option_bytes import option_bytes
from socklab.model.sockaddr import sockaddr, swapped
from socklab.model.symbols import with_number
from socklab.model.transfers import RECEIVES
from socklab.ui.panes.inspect_drawings import draw_layout
from socklab.ui.panes.inspect_sections import Drawing, Field, Row, Section, labelled

# The arguments' names as the man pages have them, without the descriptor and the data, as in
# events.Call.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "socket": ("domain", "type", "protocol"),
    "bind": ("addr",),
    "connect": ("addr",),
    "listen": ("backlog",),
    "send": ("flags",),
    "sendto": ("flags", "dest_addr"),
    "recv": ("len", "flags"),
    "recvfrom": ("len", "flags"),
    "shutdown": ("how",),
    "setsockopt": ("level", "optname", "optval"),
    "getsockopt": ("level", "optname"),
    "ioctl": ("request", "value"),
    "poll": ("events", "timeout"),
    "select": ("sets", "timeout"),
}


def arguments_of(call: Call | Wait) -> Iterator[Field]:
    """The descriptor, each argument by its name in the man page, and the addresses."""
    yield from _descriptor(call)
    names = ARGUMENTS.get(call.name, ())
    for place, arg in enumerate(call.args):
        label = names[place] if place < len(names) else str(place + 1)
        yield Field(label, with_number(arg) or _meant(label, arg))
    if isinstance(call, Call):
        yield from _addresses(call)


def _meant(label: str, arg: Arg) -> str:
    """A number with what it stands for, where that isn't plain."""
    if label == "backlog" and isinstance(arg, int):
        return _(
            "{n}: up to {room} connections may wait, one more; fewer if somaxconn is below {n}",
            n=arg,
            room=arg + 1,
        )
    if label == "timeout" and isinstance(arg, int):
        return _("{n}: no limit", n=arg) if arg < 0 else _("{n} ms", n=arg)
    return argument_value(arg)


def _descriptor(call: Call | Wait) -> Iterator[Field]:
    if call.fd is None and call.sock is None:
        return
    words = []
    if call.fd is not None:
        words.append(str(call.fd))
    if isinstance(call, Call) and call.os_fd is not None and call.os_fd >= 0:
        words.append(_("({os_fd} in this process)", os_fd=call.os_fd))
    if call.sock is not None:
        words.append(_("socket {sock}", sock=call.sock))
    yield Field(_("descriptor"), "  ".join(words))


def argument_value(arg: Arg) -> str:
    """One argument, or what a call gave, as a text."""
    return plain(argument_text(arg))


def _addresses(call: Call) -> Iterator[Field]:
    ends = ((_("local"), call.local), (_("remote"), call.remote), (_("peer"), call.peer))
    for label, address in ends:
        if address is not None and address not in call.args:
            yield Field(label, address_text(address))


# Byte by byte


def bytes_of(call: Call, system: str) -> Iterator[Section]:
    """The structures that it was handed, and those that it filled in."""
    address = next((arg for arg in call.args if isinstance(arg, tuple)), None)
    if address is not None:
        rows = _drawn(_layout(address, system))
        yield from _section(_("The address it was given, byte by byte"), (*rows, *_htons(address)))
    if call.name == "setsockopt" and len(call.args) > 2:
        value = option_bytes(str(call.args[1]), call.args[2])
        yield from _section(_("The value it was given, byte by byte"), _drawn(value))
    if call.name == "getsockopt" and call.value is not None and len(call.args) > 1:
        value = option_bytes(str(call.args[1]), call.value)
        yield from _section(_("The value it filled in, byte by byte"), _drawn(value))
    told = _told(call)
    if told is not None and told != address:
        rows = _drawn(_layout(told, system))
        whose = _("The peer's address, byte by byte")
        if call.name not in ("accept", *RECEIVES):
            whose = _("The address it filled in, byte by byte")
        yield from _section(whose, rows)


def _told(call: Call) -> Address | None:
    if call.name == "accept":
        return call.remote
    if call.name in RECEIVES:
        return call.peer
    return call.value if isinstance(call.value, tuple) else None


def _layout(address: Address, system: str) -> Layout | None:
    try:
        return sockaddr(address, system)
    except ValueError:
        return None  # somebody else's journal may hold any text


def _drawn(layout: Layout | None) -> tuple[Row, ...]:
    if layout is None:
        return ()
    return (Drawing(lambda width: draw_layout(layout, width)),)


def _section(title: str, rows: tuple[Row, ...]) -> Iterator[Section]:
    if rows:
        yield Section(title, rows)


def _htons(address: Address) -> Iterator[Field]:
    port = address[1]
    if not 0 < port <= 0xFFFF or swapped(port) == port:
        return
    high, low = divmod(port, 256)
    yield Field(
        "",
        _(
            "htons turns {port} = 0x{hex} into the bytes {high} {low}, whatever the machine. "
            "Without it a PC passes {low} {high}: the kernel reads {wrong}, and no call fails.",
            port=port,
            hex=f"{port:04x}",
            high=f"{high:02x}",
            low=f"{low:02x}",
            wrong=swapped(port),
        ),
        "dim",
    )


def code_of(call: Call) -> Iterator[Field]:
    """In Python and in C, without the comments that say the result; but for Python's exception."""
    statement, _mark, outcome = python_call(call).rpartition("  # ")
    yield Field("Python", statement or outcome)
    if call.error is not None and statement:
        yield Field("", f"# {outcome}", "dim")
    place = next((arg for arg in call.args if isinstance(arg, tuple)), None)
    statement, _mark, comment = c_call(call).rpartition("  /* ")
    lines = (*(() if place is None else _filled_in_c(place)), statement or comment)
    yield from (Field(label, line) for label, line in labelled("C", lines))


def _filled_in_c(place: Address) -> tuple[str, ...]:
    """How a C program fills the structure for this address."""
    host, port = place
    try:
        six = ip_address(host).version == 6
    except ValueError:
        return ()  # somebody else's journal may hold any text
    family, field = ("AF_INET6", "sin6") if six else ("AF_INET", "sin")
    name = "sockaddr_in6" if six else "sockaddr_in"
    return (
        f"struct {name} addr = {{.{field}_family = {family}}};",
        f"addr.{field}_port = htons({port});",
        f'inet_pton({family}, "{host}", &addr.{field}_addr);',
    )
