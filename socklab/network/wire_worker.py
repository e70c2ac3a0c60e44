"""The process that is the wire: `python -m socklab.network.wire_worker ASKED SETTLED TELLS`.

It does what is asked over the sockets ASKED and SETTLED, and hands on over TELLS what happens. It
ends when the lab closes them, or dies.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from typing import Any

import msgspec

from socklab.network.links import link_end
from socklab.network.wire import Wire
from socklab.network.wire_messages import Answer, Asked, Beginning, Channel, PlugIn
from socklab.network.wire_record import Portion, WireRecord

_NICE = 10
"""How much less urgent the frames are than the lab (nice(2)): where there are more than this
machine can carry, they wait, and not the keys."""

_UNDER_WAY = 1 << 20
"""Bytes of what happens that may be on their way to the lab, if the kernel allows it: while there
is no room for more, nothing is carried."""


def serve(asked: Channel, settled: Channel, tells: Channel) -> None:
    """Be the wire until nobody asks any more. Raises EOFError then, or OSError."""
    encoder = msgspec.msgpack.Encoder()

    def hand_on(portion: Portion) -> None:
        tells.send(encoder.encode(portion))

    beginning: Beginning = asked.hear()
    record = WireRecord(beginning.snap, beginning.ahead, hand_on)
    wire = Wire(record, beginning.seed, beginning.first)

    def answer(channel: Channel) -> None:
        while True:
            request: Asked | PlugIn = channel.hear()
            given: Any = None
            raised: Exception | None = None
            try:
                if isinstance(request, PlugIn):
                    end = link_end(tells.take_over(), request.mtu)
                    wire.plug_in(request.host, request.mac, end)
                else:
                    given = getattr(wire, request.name)(*request.args, **request.named)
            except (OSError, ValueError) as error:
                raised = error
            channel.say(Answer(given, raised, record.count))

    # To carry all that has come may take a while: what a person does need not wait for it.
    threading.Thread(target=answer, args=(settled,), name="settle", daemon=True).start()
    answer(asked)


def main() -> None:
    """Serve the lab that started this."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)  # a key in the terminal is meant for the lab
    threading.excepthook = _give_up
    os.nice(_NICE)
    asked, settled, tells = (socket.socket(fileno=int(word)) for word in sys.argv[1:])
    tells.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNDER_WAY)
    with contextlib.suppress(EOFError, OSError):
        serve(Channel(asked), Channel(settled), Channel(tells))
    os._exit(0)  # what is still under way is lost


def _give_up(failure: threading.ExceptHookArgs) -> None:
    """A wire that has lost one of its threads is none: the lab says of what it ended."""
    threading.__excepthook__(failure)
    os._exit(1)


if __name__ == "__main__":
    main()
