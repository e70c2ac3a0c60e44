"""What the ends of a connection are called."""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.notation import address_text
from socklab.model.sockets import SocketRow


def end_text(row: SocketRow | None) -> str:
    """Program, descriptor and address of an end: `client 3 127.0.0.1:41822`."""
    if row is None:
        return "?"
    words = [short_end_text(row)]
    if row.local is not None:
        words.append(address_text(row.local))
    return plain(" ".join(words))


def short_end_text(row: SocketRow) -> str:
    """Program and descriptor, also after its close: `client 3`."""
    held = row.fd if row.fd is not None else row.held
    words = [row.program or _("waits to be accepted")]
    if held is not None:
        words.append(str(held))
    return plain(" ".join(words))
