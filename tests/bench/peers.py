"""Echo servers to compare with, each as its own process: `python peers.py NAME` prints its port.

`selectors` is what a Python programmer writes with the standard library and no record at all;
`streams` is asyncio's own; `uvloop` is the same protocol-based server on uvloop.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import sys
from typing import cast


def bare_selectors() -> None:
    """One thread, one selector, no record."""
    selector = selectors.DefaultSelector()
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _mask in selector.select():
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            if sock is listener:
                new, _peer = listener.accept()
                new.setblocking(False)
                selector.register(new, selectors.EVENT_READ)
            elif data := sock.recv(65536):
                sock.send(data)
            else:
                selector.unregister(sock)
                sock.close()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def streams() -> None:
    """asyncio's streams."""
    server = await asyncio.start_server(_echo, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class _Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.write = cast(asyncio.Transport, transport).write

    def data_received(self, data: bytes) -> None:
        self.write(data)


async def protocol() -> None:
    """A protocol on whatever loop runs."""
    server = await asyncio.get_running_loop().create_server(_Echo, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    name = sys.argv[1]
    if name == "selectors":
        bare_selectors()
    elif name == "streams":
        asyncio.run(streams())
    elif name == "uvloop":
        import uvloop

        uvloop.run(protocol())


if __name__ == "__main__":
    main()
