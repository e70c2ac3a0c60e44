"""What a rule is shown: the lab as it is right after an event, and how it came to that.

Keeps the stories of the newest sockets only, so that a flood of any length takes bounded memory;
of a socket without a story nothing is said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from socklab.events import Address, Call, Event, Gauge, State
from socklab.i18n import _
from socklab.model.addresses import takes
from socklab.model.escaping import plain
from socklab.model.hints.hint import Hint
from socklab.model.hints.inbox import Delivery, Sent
from socklab.model.hints.story import Story
from socklab.model.hints.stream import Match
from socklab.model.hints.traffic import moved
from socklab.model.rows import Kind, SocketRow
from socklab.model.sockets import SocketTable
from socklab.model.stacks import Stack

MOST_STORIES = 1024

WATCHED = 4096
"""Sends and receives of one socket that are followed: a flood has more than anybody reads."""

_MOST_GONE = 64
_MOST_REFUSED = 16
_MOST_UNROUTED = 64
_NAMES = frozenset({"bind", "listen"})


class Scene:
    """`table` is the sockets after the event, `now` (ns) the latest time that is known of.

    `matches` and `delivery` are what the event has cleared up about whose bytes came where.
    `gone` are the closes of listening sockets, by the stack and the address they listened at;
    `refused` the connect(2)s that found nobody, as far as nothing has explained them yet;
    `unrouted` the datagrams to addresses that nobody was known to have. `complete`: every socket of
    the lab has been known from its beginning. `blind`: sends and receives are missed.
    """

    def __init__(self, complete: bool = True) -> None:
        self.complete = complete
        self.blind = False
        self.table = SocketTable()
        self.now = 0
        self.stories: dict[int, Story] = {}
        self.matches: tuple[Match, ...] = ()
        self.delivery: Delivery | None = None
        self.gone: dict[tuple[Stack, Address], Call] = {}
        self.refused: deque[Call] = deque(maxlen=_MOST_REFUSED)
        self.unrouted: deque[tuple[Address, Sent]] = deque(maxlen=_MOST_UNROUTED)
        self._bound: dict[tuple[Kind, int], dict[int, None]] = {}

    def copy(self) -> Scene:
        """One that goes on by itself."""
        other = Scene(self.complete)
        other.table = self.table.copy()
        other.blind, other.now = self.blind, self.now
        other.stories = {sock: story.copy() for sock, story in self.stories.items()}
        other.gone = dict(self.gone)
        other.refused = self.refused.copy()
        other.unrouted = self.unrouted.copy()
        other._bound = {place: dict(socks) for place, socks in self._bound.items()}
        return other

    # What rules ask.

    def row(self, sock: int | None) -> SocketRow | None:
        """The socket as the table has it now; None for one that is forgotten."""
        return None if sock is None else self.table.sockets.get(sock)

    def story(self, sock: int | None) -> Story | None:
        """What happened to a socket, if that is known from its beginning."""
        return None if sock is None else self.stories.get(sock)

    def peer(self, story: Story) -> Story | None:
        """The other end of a connection of the lab's, also once the table has forgotten it."""
        if story.peer is None and story.kind == "tcp" and story.row is not None:
            self._join(story, story.row)
        return self.story(story.peer)

    def bound(self, kind: Kind, destination: Address, sender: Story) -> Iterator[SocketRow]:
        """The open sockets that were bound to this port, but not TCP's connections, in the stack
        that what the sender sends to this address comes to."""
        for row, stack in self._open(kind, destination[1]):
            if sender.stack.reaches(stack, destination):
                yield row

    def elsewhere(self, kind: Kind, port: int, sender: Story) -> Iterator[SocketRow]:
        """Those that were bound to this port in any stack but the sender's."""
        for row, stack in self._open(kind, port):
            if stack != sender.stack:
                yield row

    def _open(self, kind: Kind, port: int) -> Iterator[tuple[SocketRow, Stack]]:
        for sock in self._bound.get((kind, port), ()):
            row, story = self.table.sockets.get(sock), self.stories.get(sock)
            if story is not None and row is not None and row.fd is not None and row.local:
                yield row, story.stack

    def takers(self, kind: Kind, destination: Address, sender: Story) -> list[SocketRow]:
        """Those of them that fit this address, the closest fit first."""
        fits = [
            (-fit, row.sock, row)
            for row in self.bound(kind, destination, sender)
            if row.local is not None and (fit := takes(row.local, destination))
        ]
        return [row for _fit, _sock, row in sorted(fits, key=lambda fit: fit[:2])]

    def listener_at(self, destination: Address, sender: Story) -> SocketRow | None:
        """The listening socket that gets the sender's connections to this address."""
        found = self.takers("tcp", destination, sender)
        return next((row for row in found if row.listening), None)

    def gone_at(self, destination: Address, sender: Story) -> Call | None:
        """The latest close of a socket that listened at this address."""
        closes = (
            close
            for (stack, bound), close in reversed(self.gone.items())
            if takes(bound, destination) and sender.stack.reaches(stack, destination)
        )
        return next(closes, None)

    def name(self, story: Story | None) -> str:
        """`server 4`: a socket by its program and descriptor."""
        row = None if story is None else story.row
        if row is None or row.program is None:
            return _("the peer")
        return f"{plain(row.program)} {row.held}"

    def hint(self, rule: str, text: str, one: int, other: int, story: Story) -> Hint | None:
        """A hint about that socket, known now; None without two events to prove it."""
        if story.row is None or one == other:
            return None
        events = (min(one, other), max(one, other))
        return Hint(rule, text, events, story.row.sock, self.now, story.peer)

    # What has happened.

    def take(self, event: Event) -> Story | None:
        """Take in the next event; the story of the socket that it befell."""
        self.matches, self.delivery = (), None
        self.table.apply(event)
        sock: int | None = getattr(event, "sock", None)
        if sock is None:
            return None
        if type(event) is Call and event.new_sock is not None and not event.error:
            self._accepted(event.new_sock, event)
        story = self.stories.get(sock) or self._begin(sock, event)
        if story is not None:
            self._note(story, event, sock)
        return story

    def move(self, call: Call) -> Story | None:
        """Take in a send or receive that succeeded; the story of its socket, if that is watched."""
        self.matches, self.delivery = (), None
        self.table.apply(call)
        story = self.stories.get(call.sock) if call.sock is not None else None
        if story is None or not story.watched:
            return None
        story.moves += 1
        if story.moves > WATCHED:
            self.miss(story)
            return None
        if call.local is not None:  # the first sendto(2) binds
            self._update(story, call)
        moved(self, story, call)
        return story

    def miss(self, story: Story) -> None:
        """A send or a receive of this socket was not taken in, and no later one will be."""
        story.lose()
        peer = self.peer(story)
        if peer is not None:
            peer.out.lose()
        if story.kind == "udp":
            for other in self.stories.values():
                other.inbox.lose()

    def _begin(self, sock: int, event: Event) -> Story | None:
        """Only these events make a socket known: any other is of one that is older."""
        if type(event) is Call and event.name == "socket" and not event.error:
            kind: Kind = "udp" if "SOCK_DGRAM" in event.args else "tcp"
        elif type(event) is State and event.local is not None:
            kind = "tcp"
        else:
            return None
        return self._keep(sock, Story(event, kind, self._stack(sock)))

    def _stack(self, sock: int) -> Stack:
        row = self.table.sockets.get(sock)
        return Stack() if row is None else self.table.stack_of(row)

    def _accepted(self, sock: int, call: Call) -> None:
        story = self.stories.get(sock) or self._keep(sock, Story(call, "tcp", self._stack(sock)))
        story.accept = call
        story.row = self.table.sockets.get(sock, story.row)
        self.peer(story)

    def _keep(self, sock: int, story: Story) -> Story:
        self.stories[sock] = story
        if self.blind:
            story.lose()
        if len(self.stories) > MOST_STORIES:
            oldest = self._oldest()
            forgotten = self.stories.pop(oldest)
            self._unbind(forgotten, oldest)
            peer = self.story(forgotten.peer)
            if peer is not None:
                peer.lose()
        return story

    def _oldest(self) -> int:
        """The socket to forget; a server lives long and explains much, so it is spared once."""
        oldest = next(iter(self.stories))
        row = self.table.sockets.get(oldest)
        if row is not None and row.listening:
            self.stories[oldest] = self.stories.pop(oldest)
            oldest = next(iter(self.stories))
        return oldest

    def _note(self, story: Story, event: Event, sock: int) -> None:
        self._update(story, event)
        if type(event) is Call:
            if event.name == "close" and event.error != "EBADF":
                self._closed(story, event, sock)
            story.note_call(event)
        elif type(event) is State:
            story.states[event.new] = event
        elif type(event) is Gauge:
            story.gauge = event

    def _update(self, story: Story, event: Event) -> None:
        sock: int = getattr(event, "sock", -1)
        row = self.table.sockets.get(sock)
        if row is None:
            return
        story.row = row
        if row.local is not None and (row.kind == "udp" or getattr(event, "name", "") in _NAMES):
            self._bind(story, row, row.local)
        if story.peer is None and row.remote is not None and row.kind == "tcp":
            self._join(story, row)

    def _bind(self, story: Story, row: SocketRow, local: Address) -> None:
        """The socket has a port. A first sendto(2) that bound it may be told of only after the
        answers to it."""
        socks = self._bound.setdefault((row.kind, local[1]), {})
        if row.sock in socks:
            return
        socks[row.sock] = None
        for destination, sent in self.unrouted if row.kind == "udp" else ():
            comes = sent.stack.reaches(story.stack, destination)
            if comes and sent.t >= story.made.t and takes(local, destination):
                story.inbox.send(sent)

    def _join(self, story: Story, row: SocketRow) -> None:
        """Find the other end. What was received before can't be counted any more."""
        found = self.table.peer_of(row.sock)
        other = self.story(found)
        if other is None or other.peer not in (None, row.sock):
            return
        if row.remote is None or not story.stack.reaches(other.stack, row.remote):
            return
        story.peer, other.peer = found, row.sock
        for one, reader in ((story, other), (other, story)):
            if reader.last_received is not None:
                one.out.lose()

    def _closed(self, story: Story, call: Call, sock: int) -> None:
        row = story.row
        if row is None:
            return
        self._unbind(story, sock)
        if row.listening and row.local is not None:
            self.gone.pop((story.stack, row.local), None)
            self.gone[story.stack, row.local] = call
            if len(self.gone) > _MOST_GONE:
                del self.gone[next(iter(self.gone))]
        elif row.kind == "tcp":
            story.unread = self._unread(story)

    def _unread(self, story: Story) -> int:
        """Bytes in the receive queue, as far as that is known: counted, or else measured."""
        peer, gauge = self.peer(story), story.gauge
        if peer is not None and peer.out.whole:
            return peer.out.unread
        # A queue that a table told of counts a FIN as a byte (facts E10); so only by descriptor.
        if not story.watched or gauge is None or gauge.fd is None or not gauge.recv_queue:
            return 0
        return gauge.recv_queue if (story.last_received or -1) < gauge.n else 0

    def _unbind(self, story: Story, sock: int) -> None:
        if story.row is None or story.row.local is None:
            return
        place = (story.kind, story.row.local[1])
        socks = self._bound.get(place)
        if socks is not None:
            socks.pop(sock, None)
            if not socks:
                del self._bound[place]
