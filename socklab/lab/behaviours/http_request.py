"""Finds the requests in the bytes of an HTTP/1.1 connection (RFC 9112), and skips their content.

The reader is one generator that parses from the top of a message to its end and yields None
wherever it runs out of bytes. So what it finds can't depend on how the stream was cut, and what it
holds is bounded: one line, never the content.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from socklab.i18n import _

LINE_LIMIT: Final = 8192
"""Bytes of a request line; RFC 9112, 3 asks for at least 8000."""
FIELDS_LIMIT: Final = 16384
"""Bytes of a whole header (or trailer) section."""
FIELDS_COUNT: Final = 100

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_REQUEST_LINE = re.compile(rb"(%s+) ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])" % _TOKEN)
_METHOD_FIRST = re.compile(rb"%s{1,32} " % _TOKEN)
_FIELD_LINE = re.compile(rb"(%s+):[ \t]*([^\x00\r\n]*?)[ \t]*" % _TOKEN)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?")
_CONTENT_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_HOST = re.compile(r"(?:\[[0-9A-Za-z:.%~_-]+\]|[0-9A-Za-z._~!$&'()*+,;=%-]*)(?::[0-9]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """One whole request, its content skipped. `line` is as it came, without the line's end."""

    line: bytes
    method: str
    target: str
    minor: int
    keep_alive: bool


@dataclass(frozen=True, slots=True)
class Continue:
    """The client waits to be told that it may send the content (RFC 9110, 10.1.1)."""


class RequestError(Exception):
    """A request after which the stream can't be understood; the connection must be closed.

    `status` and `why` are the answer; `line` is the request line (empty where that was too long);
    `is_head`: the answer must have no content (RFC 9110, 9.3.2).
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.line = b""
        self.is_head = False


Outcome = Request | Continue | RequestError
_Steps = Generator[Outcome | None, None, None]
"""None: no more can be said before more bytes have come."""
_LineSteps = Generator[None, None, bytes]


class _Fields:
    """A header section: names in lower case, the values of equal names in order."""

    def __init__(self) -> None:
        self._values: dict[str, list[str]] = {}

    def add(self, name: bytes, value: bytes) -> None:
        self._values.setdefault(name.decode("ascii").lower(), []).append(value.decode("latin-1"))

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def members(self, name: str) -> list[str]:
        """The comma-separated members of all fields of this name, in lower case."""
        parts = ",".join(self.all(name)).split(",")
        return [part.strip(" \t").lower() for part in parts if part.strip(" \t")]


class RequestReader:
    """The reading end of one connection: bytes in, requests out, in order."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._outcomes = self._connection()
        self._dead = False

    def feed(self, data: bytes) -> Iterator[Outcome]:
        """What `data` completes. After a RequestError nothing is read any more."""
        if self._dead:
            return
        self._buffer += data
        for outcome in self._outcomes:
            if outcome is None:
                return
            yield outcome
        self._dead = True
        self._buffer.clear()

    def _connection(self) -> _Steps:
        line = b""
        try:
            while True:
                line = b""
                while not line:  # RFC 9112, 2.2: empty lines before a request are ignored
                    line = yield from self._request_line()
                yield from self._message(line)
        except RequestError as error:
            error.line = line
            error.is_head = (line or self._buffer).startswith(b"HEAD ")
            yield error

    def _message(self, line: bytes) -> _Steps:
        match = _REQUEST_LINE.fullmatch(line)
        if not match:
            raise RequestError(400, _("the request line isn't: method, target, HTTP/1.1"))
        method, target, major, minor = match.groups()
        if major != b"1":
            raise RequestError(505, _("only HTTP/1.0 and HTTP/1.1 are spoken here"))
        fields = _Fields()
        yield from self._fields(fields)
        minor = int(minor)
        _check_host(fields, minor)
        chunked, length = _framing(fields, minor)
        if _expects_continue(fields, minor) and (chunked or length):
            yield Continue()
        yield from self._chunks() if chunked else self._skip(length)
        yield Request(
            line,
            method.decode("ascii"),
            target.decode("utf-8", "replace"),
            minor,
            _keeps_alive(fields, minor),
        )

    def _fields(self, fields: _Fields) -> _Steps:
        room = FIELDS_LIMIT
        for _count in range(FIELDS_COUNT + 1):
            line = yield from self._line(room, 431, _("the header section is too long"))
            if not line:
                return
            room -= len(line)
            match = _FIELD_LINE.fullmatch(line)
            if not match:
                raise RequestError(400, _("a header line isn't: name, colon, value"))
            fields.add(*match.groups())
        raise RequestError(431, _("there are too many header lines"))

    def _chunks(self) -> _Steps:
        """RFC 9112, 7.1: sized chunks, an empty one, then trailer fields, which are ignored."""
        size = -1
        while size:
            line = yield from self._line(LINE_LIMIT, 400, _("a chunk's size line is too long"))
            match = _CHUNK_SIZE.fullmatch(line)
            if not match:
                raise RequestError(400, _("a chunk doesn't begin with its size in hexadecimal"))
            size = int(match[1], 16)
            if size:
                yield from self._skip(size)
                yield from self._line(0, 400, _("a chunk is longer than its size"))
        yield from self._fields(_Fields())

    def _request_line(self) -> _LineSteps:
        try:
            return (yield from self._line(LINE_LIMIT, 414, _("the request line is too long")))
        except RequestError:
            # Bytes that never were HTTP don't become it by being many.
            if not _METHOD_FIRST.match(self._buffer):
                raise RequestError(400, _("this isn't an HTTP request")) from None
            raise

    def _line(self, limit: int, status: int, too_long: str) -> _LineSteps:
        """The next line without its end, which may be a bare LF (RFC 9112, 2.2), as from nc."""
        span = limit + len(b"\r\n")
        while (end := self._buffer.find(b"\n", 0, span)) < 0:
            if len(self._buffer) >= span:
                raise RequestError(status, too_long)
            yield None
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        if len(line) > limit:
            raise RequestError(status, too_long)
        del self._buffer[: end + 1]
        return line

    def _skip(self, size: int) -> _Steps:
        while size > len(self._buffer):
            size -= len(self._buffer)
            self._buffer.clear()
            yield None
        del self._buffer[:size]


def _check_host(fields: _Fields, minor: int) -> None:
    """RFC 9112, 3.2: exactly one Host in HTTP/1.1, at most one in any."""
    hosts = fields.all("host")
    if minor >= 1 and not hosts:
        raise RequestError(400, _("HTTP/1.1 asks for a Host header"))
    if len(hosts) > 1 or not all(_HOST.fullmatch(host) for host in hosts):
        raise RequestError(400, _("the Host header must be one host and port"))


def _framing(fields: _Fields, minor: int) -> tuple[bool, int]:
    """Whether the content is chunked, else its length in bytes (RFC 9112, 6.3)."""
    lengths = {
        value.strip(" \t") for text in fields.all("content-length") for value in text.split(",")
    }
    if not fields.all("transfer-encoding"):
        if not lengths:
            return False, 0
        length = lengths.pop()
        if lengths or not _CONTENT_LENGTH.fullmatch(length):
            raise RequestError(400, _("Content-Length isn't one number"))
        return False, int(length)
    codings = fields.members("transfer-encoding")
    if lengths or minor < 1:
        # Two ends that disagree on where a message ends are how requests get smuggled.
        raise RequestError(400, _("Transfer-Encoding doesn't go with Content-Length or HTTP/1.0"))
    if not codings or codings[-1] != "chunked":
        raise RequestError(
            400, "nothing says where the content ends: the last coding isn't chunked"
        )
    if len(codings) > 1:
        raise RequestError(501, _("no transfer coding but chunked is understood here"))
    return True, 0


def _expects_continue(fields: _Fields, minor: int) -> bool:
    expectations = fields.members("expect")
    if minor < 1 or not expectations:
        return False
    if expectations != ["100-continue"]:
        raise RequestError(417, _("no expectation but 100-continue is understood here"))
    return True


def _keeps_alive(fields: _Fields, minor: int) -> bool:
    """RFC 9112, 9.3: HTTP/1.1 stays open unless told; HTTP/1.0 closes unless told."""
    options = fields.members("connection")
    if "close" in options:
        return False
    return minor >= 1 or "keep-alive" in options
