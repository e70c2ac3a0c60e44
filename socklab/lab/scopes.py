"""IPv6 addresses that hold on one link only, with the number of the interface that leads there: the
scope, which a line and the journal have behind a `%` (RFC 4007, section 11).

In a call it is a field of its own (`sin6_scope_id`). The kernel's tables, and so the addresses by
which the lab tells its sockets' ends, go without it.
"""

from __future__ import annotations

from socklab.events import Address

Raw = tuple[str, int] | tuple[str, int, int, int]
"""What Python's sockets take for an address."""


def raw_address(address: Address) -> Raw:
    """For a call. Python would drop a scope that it finds in the host, after having asked the
    resolver for it."""
    host, port = address
    number, _percent, scope = host.partition("%")
    return (number, port, 0, int(scope)) if scope else address


def scoped(raw: object) -> Address | None:
    """What a call gave: an address that can be called; None for what is no IP address."""
    if not isinstance(raw, tuple) or len(raw) < 2:
        return None
    scope = raw[3] if len(raw) == 4 else 0
    return f"{raw[0]}%{scope}" if scope else str(raw[0]), int(raw[1])


def unscoped(address: Address) -> Address:
    """As the kernel's tables have it."""
    host, port = address
    return host.partition("%")[0], port


def scope_of(address: Address) -> str:
    """`%2`, empty where there is none."""
    _number, percent, scope = address[0].partition("%")
    return percent + scope
