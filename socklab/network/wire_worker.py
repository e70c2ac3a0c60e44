"""The process that is the wire: `python -m socklab.network.wire_worker ASKED TELLS`.

It does what is asked over the socket ASKED, and hands on over TELLS what happens. It ends when the
lab closes them, or dies.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from typing import Any

import msgspec

from socklab.network.links import link_end
from socklab.network.wire import Wire
from socklab.network.wire_messages import Answer, Asked, Beginning, Channel, PlugIn
from socklab.network.wire_record import Portion, WireRecord

_NICE = 10
"""How much less urgent the frames are than the lab (nice(2)): where there are more than this
machine can carry, they wait, and not the keys."""


def serve(asked: Channel, tells: Channel) -> None:
    """Be the wire until nobody asks any more. Raises EOFError then, or OSError."""
    encoder = msgspec.msgpack.Encoder()

    def hand_on(portion: Portion) -> None:
        tells.send(encoder.encode(portion))

    beginning: Beginning = asked.hear()
    record = WireRecord(beginning.snap, beginning.ahead, hand_on)
    wire = Wire(record, beginning.seed, beginning.first)
    while True:
        request: Asked | PlugIn = asked.hear()
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
        asked.say(Answer(given, raised, record.count))


def main() -> None:
    """Serve the lab that started this."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)  # a key in the terminal is meant for the lab
    os.nice(_NICE)
    asked, tells = (Channel(socket.socket(fileno=int(word))) for word in sys.argv[1:])
    with contextlib.suppress(EOFError, OSError):
        serve(asked, tells)
    os._exit(0)  # what is still under way is lost


if __name__ == "__main__":
    main()
