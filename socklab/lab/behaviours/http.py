"""A small web server (RFC 9110, RFC 9112): one page, which shows what was asked for.

What it is for: requests and responses read byte by byte, and a connection that stays open for
the next request or, told so, doesn't.
"""

from __future__ import annotations

import html
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus

from socklab.i18n import _
from socklab.lab.behaviours.behaviour import Answer, Behaviour, Clock, local_time
from socklab.lab.behaviours.http_request import Continue, Request, RequestError, RequestReader

_PATHS = ("/", "/index.html")
_ALLOWED = "GET, HEAD"
_OTHER_METHODS = frozenset({"POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
"""Methods that RFC 9110 and RFC 5789 define and this page doesn't allow; others are unknown."""

_REFUSAL_TEXT = b"busy: this server takes no more clients now\r\n"


class Http(Behaviour):
    """Answers GET and HEAD with a page, pipelined requests in order, content skipped."""

    name = "http"
    summary = _("answers GET with a small web page (HTTP/1.1)")
    transports = frozenset({"tcp"})
    refusal = (
        b"HTTP/1.1 503 Service Unavailable\r\n"
        b"Server: socklab\r\n"
        b"Content-Type: text/plain\r\n"
        b"Content-Length: %d\r\n"
        b"Connection: close\r\n"
        b"\r\n%b" % (len(_REFUSAL_TEXT), _REFUSAL_TEXT)
    )

    def __init__(self, clock: Clock = local_time) -> None:
        super().__init__(clock)
        self._reader = RequestReader()
        self._count = 0
        self._closing = False

    def received(self, data: bytes) -> bytes | Answer:
        if self._closing:
            return b""  # RFC 9112, 9.6: nothing after the last request is acted on
        responses = []
        for outcome in self._reader.feed(data):
            match outcome:
                case Continue():
                    responses.append(b"HTTP/1.1 100 Continue\r\n\r\n")
                case Request():
                    self._count += 1
                    responses.append(self._answer(outcome))
                    self._closing = not outcome.keep_alive
                case RequestError():
                    responses.append(self._refuse(outcome))
                    self._closing = True
            if self._closing:
                self._reader = RequestReader()  # whatever else it holds won't be read
                return Answer(b"".join(responses), close=True)
        return b"".join(responses)

    def finished(self) -> Answer:
        # Whatever came whole has been answered; half a request never will be whole.
        self._closing = True
        return Answer(close=True)

    def _answer(self, request: Request) -> bytes:
        status = _status(request)
        fields = {}
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            fields["Allow"] = _ALLOWED
        if not request.keep_alive:
            fields["Connection"] = "close"
        elif request.minor == 0:
            fields["Connection"] = "keep-alive"
        why = _("socklab answers: this is request {n} on this connection.", n=self._count)
        return self._response(status, request.line, why, fields, request.method == "HEAD")

    def _refuse(self, error: RequestError) -> bytes:
        status = HTTPStatus(error.status)
        why = _("socklab can't answer this: {why}.", why=error.why)
        return self._response(status, error.line, why, {"Connection": "close"}, error.is_head)

    def _response(
        self, status: HTTPStatus, line: bytes, why: str, fields: dict[str, str], is_head: bool
    ) -> bytes:
        page = _page(status, line, why)
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            f"Date: {format_datetime(self.clock().astimezone(UTC), usegmt=True)}",
            "Server: socklab",
            "Content-Type: text/html; charset=utf-8",
            f"Content-Length: {len(page)}",
            *(f"{name}: {value}" for name, value in fields.items()),
        ]
        head = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"
        return head if is_head else head + page


def _status(request: Request) -> HTTPStatus:
    if request.method in _OTHER_METHODS:
        return HTTPStatus.METHOD_NOT_ALLOWED
    if request.method not in ("GET", "HEAD"):
        return HTTPStatus.NOT_IMPLEMENTED
    path = _path(request.target)
    if path is None:
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.OK if path in _PATHS else HTTPStatus.NOT_FOUND


def _path(target: str) -> str | None:
    """The path that a target names: in origin form, or absolute as for a proxy (RFC 9112, 3.2)."""
    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in ("http", "https"):
        authority = rest.partition("?")[0].partition("/")[0]
        target = rest[len(authority) :]
        if not target.startswith("/"):
            target = "/" + target
    return target.partition("?")[0] if target.startswith("/") else None


def _page(status: HTTPStatus, line: bytes, why: str) -> bytes:
    """The request line is a stranger's bytes: escaped, whatever it holds."""
    title = f"{status.value} {status.phrase}"
    asked = html.escape(line.decode("utf-8", "replace"))
    return (
        "<!DOCTYPE html>\n"
        f'<html><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1>{title}</h1>\n<p>{html.escape(why)}</p>\n<pre>{asked}</pre></body></html>\n"
    ).encode()
