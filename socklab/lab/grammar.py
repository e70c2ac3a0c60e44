"""How the verbs of single system calls are written: a function each, for what follows the verb."""

from __future__ import annotations

from typing import cast

from socklab.i18n import _
from socklab.lab import arguments, commands
from socklab.lab.composites import EXPECTED_BACKLOG
from socklab.lab.reader import INT_MAX, Reader

_MOST_POLL = INT_MAX // 1000  # poll(2) takes milliseconds in an int
_POLL = {
    "in": _("there is something to receive, or somebody to accept"),
    "out": _("there is room to send"),
    "in,out": _("either"),
}
_IPV6 = {"ipv6": _("an IPv6 socket")}
_HOW = {
    "in": _("receive no more"),
    "out": _("send no more: the peer sees the end of the stream"),
    "both": _("neither"),
}
_OOB = {"oob": _("urgent (out-of-band) data")}
_DONTWAIT = {"dontwait": _("fail rather than block")}
_PEEK = {"peek": _("look, and leave the data where it is")}
_TRUNC = {"trunc": _("give the datagram's true size")}
_WAITALL = {"waitall": _("wait until all N bytes are there")}


def socket(words: Reader) -> commands.Socket:
    """What follows `socket`."""
    return commands.Socket(arguments.transport(words), words.optional(_IPV6) is not None)


def bind(words: Reader) -> commands.Bind:
    """What follows `bind`."""
    return commands.Bind(arguments.fd(words), arguments.place(words))


def listen(words: Reader) -> commands.Listen:
    """What follows `listen`."""
    number = arguments.fd(words)
    if number is None or words.peek() is None:
        return commands.Listen(number)
    return commands.Listen(number, words.whole(EXPECTED_BACKLOG, 0, INT_MAX))


def accept(words: Reader) -> commands.Accept:
    """What follows `accept`."""
    return commands.Accept(arguments.fd(words))


def connect(words: Reader) -> commands.Connect:
    """What follows `connect`."""
    return commands.Connect(arguments.fd(words), arguments.place(words))


def getsockname(words: Reader) -> commands.GetSockName:
    """What follows `getsockname`."""
    return commands.GetSockName(arguments.fd(words))


def getpeername(words: Reader) -> commands.GetPeerName:
    """What follows `getpeername`."""
    return commands.GetPeerName(arguments.fd(words))


def send(words: Reader) -> commands.Send:
    """What follows `send`."""
    number, data = arguments.fd(words), arguments.data(words)
    return commands.Send(number, data, words.flags({**_OOB, **_DONTWAIT}))


def sendto(words: Reader) -> commands.SendTo:
    """What follows `sendto`."""
    number, place = arguments.fd(words), arguments.destination(words)
    return commands.SendTo(number, place, arguments.data(words))


def recv(words: Reader) -> commands.Recv:
    """What follows `recv`."""
    number, size = arguments.fd_and_size(words)
    flags = words.flags({**_PEEK, **_OOB, **_WAITALL, **_TRUNC, **_DONTWAIT})
    return commands.Recv(number, size, flags)


def recvfrom(words: Reader) -> commands.RecvFrom:
    """What follows `recvfrom`."""
    number, size = arguments.fd_and_size(words)
    return commands.RecvFrom(number, size, words.flags({**_PEEK, **_TRUNC}))


def shutdown(words: Reader) -> commands.Shutdown:
    """What follows `shutdown`."""
    return commands.Shutdown(arguments.fd(words), cast(commands.How, words.choice(_HOW)))


def close(words: Reader) -> commands.Close:
    """What follows `close`."""
    return commands.Close(arguments.fd(words))


def reset(words: Reader) -> commands.Reset:
    """What follows `reset`."""
    return commands.Reset(arguments.fd(words))


def nonblock(words: Reader) -> commands.NonBlock:
    """What follows `nonblock`."""
    return commands.NonBlock(arguments.fd(words), arguments.switch(words))


def poll(words: Reader) -> commands.Poll:
    """What follows `poll`."""
    number = arguments.fd(words)
    wants = frozenset(words.choice(_POLL, _("in, out or in,out")).split(","))
    if words.peek() is None:
        return commands.Poll(number, wants)
    limit = words.seconds(_("a time of at most {most} s", most=_MOST_POLL), _MOST_POLL)
    return commands.Poll(number, wants, limit)
