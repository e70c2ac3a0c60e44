"""Network interfaces as a line names them: those of the host on which its program runs."""

from __future__ import annotations

import errno

from socklab.i18n import _
from socklab.lab.refusal import Refusal
from socklab.network.host import Host


def index_of(host: Host, interface: str) -> int:
    """The number that an interface has on `host`: given by that number, its name or an IPv6 address
    of it. Raises Refusal where there is no such interface."""
    try:
        return host.interface_index(interface)
    except OSError as error:
        if error.errno != errno.ENODEV:
            raise Refusal(
                _("{interface}: {why}", interface=interface, why=error.strerror or error)
            ) from None
        raise Refusal(
            _("no interface {interface} on {host}", interface=interface, host=host.name)
        ) from None
