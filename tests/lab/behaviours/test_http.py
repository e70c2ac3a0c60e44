"""The web server, checked by the standard library's client and by RFC 9110 and RFC 9112."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.lab.behaviours.behaviour import Answer
from socklab.lab.behaviours.http import Http
from socklab.lab.behaviours.http_request import FIELDS_COUNT, FIELDS_LIMIT, LINE_LIMIT

GET = b"GET / HTTP/1.1\r\nHost: lab.test\r\n\r\n"


@dataclass
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    will_close: bool


class _Recorded:
    """As much of a socket as http.client reads a response from."""

    def __init__(self, stream: io.BytesIO) -> None:
        self._stream = stream

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._stream.read())


def parse(data: bytes, methods: Sequence[str]) -> list[Response]:
    """`data` as http.client understands it: one response a method, and nothing left over."""
    responses = []
    for method in methods:
        stream = io.BytesIO(data)
        response = http.client.HTTPResponse(cast(socket.socket, _Recorded(stream)), method=method)
        response.begin()
        length = response.length
        assert length is not None, "without Content-Length nobody knows where it ends"
        body = response.read()
        assert len(body) == length
        responses.append(Response(response.status, response.msg, body, response.will_close))
        data = data[data.index(b"\r\n\r\n") + 4 + len(body) :]
    assert data == b""
    return responses


def new() -> Http:
    return Http(lambda: datetime(2026, 3, 7, 12, 0, 5, tzinfo=UTC))


def talk(*pieces: bytes) -> tuple[bytes, bool]:
    """All that the server sends for these pieces, and whether it then closes."""
    server, sent = new(), b""
    closed = False
    for piece in pieces:
        answer = server.received(piece)
        if isinstance(answer, Answer):
            assert not answer.others
            sent += answer.data
            closed = closed or answer.close
        else:
            assert not (closed and answer), "nothing may follow the last response"
            sent += answer
    return sent, closed


def ask(request: bytes, *methods: str) -> tuple[list[Response], bool]:
    sent, closed = talk(request)
    return parse(sent, methods or ["GET"]), closed


def only(request: bytes, method: str = "GET") -> tuple[Response, bool]:
    responses, closed = ask(request, method)
    return responses[0], closed


# -- what is answered


@pytest.mark.parametrize(
    "target", ["/", "/index.html", "/?q=1", "http://lab.test", "HTTP://h:1/?q"]
)
def test_the_page_shows_the_request_line_and_who_answers(target: str) -> None:
    response, closed = only(f"GET {target} HTTP/1.1\r\nHost: lab.test\r\n\r\n".encode())
    assert response.status == 200
    assert f"GET {target} HTTP/1.1".encode() in response.body
    assert b"socklab" in response.body
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Date"] == "Sat, 07 Mar 2026 12:00:05 GMT"
    assert not closed


def test_head_gets_the_header_of_a_get_and_no_page() -> None:
    got, _closed = talk(GET)
    headed, closed = talk(GET.replace(b"GET", b"HEAD"))
    page = got[got.index(b"\r\n\r\n") + 4 :]
    # The page shows the request line, in which HEAD is a letter longer.
    assert headed == got.removesuffix(page).replace(
        b"Content-Length: %d" % len(page), b"Content-Length: %d" % (len(page) + 1)
    )
    assert not closed


def test_what_is_not_there_is_404_and_the_connection_stays() -> None:
    response, closed = only(b"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (response.status, closed) == (404, False)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_other_methods_are_405_and_told_what_is_allowed(method: str) -> None:
    response, closed = only(f"{method} / HTTP/1.1\r\nHost: h\r\n\r\n".encode(), method)
    assert (response.status, closed) == (405, False)
    assert response.headers["Allow"] == "GET, HEAD"


def test_methods_that_nobody_defined_are_501() -> None:
    response, closed = only(b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (response.status, closed) == (501, False)


def test_the_request_line_is_escaped_in_the_page() -> None:
    response, _closed = only(b"GET /<script>alert('&')</script> HTTP/1.1\r\nHost: h\r\n\r\n")
    assert b"<script>" not in response.body
    assert b"/&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in response.body


def test_a_target_that_is_not_utf_8_still_gets_a_page_that_is() -> None:
    response, _closed = only(b"GET /\xff\xfe HTTP/1.1\r\nHost: h\r\n\r\n")
    assert response.status == 404
    assert "/\ufffd\ufffd" in response.body.decode()


def test_a_request_typed_into_nc_with_bare_line_feeds_is_answered() -> None:
    response, closed = only(b"\nGET / HTTP/1.1\nHost: h\n\n")
    assert (response.status, closed) == (200, False)


# -- how long the connection lives


@pytest.mark.parametrize(
    ("version", "connection", "closes", "said"),
    [
        ("1.1", None, False, None),
        ("1.1", "keep-alive", False, None),
        ("1.1", "close", True, "close"),
        ("1.1", "TE, Close", True, "close"),
        ("1.2", None, False, None),
        ("1.0", None, True, "close"),
        ("1.0", "Keep-Alive", False, "keep-alive"),
        ("1.0", "keep-alive, close", True, "close"),
    ],
)
def test_keep_alive(version: str, connection: str | None, closes: bool, said: str | None) -> None:
    field = f"Connection: {connection}\r\n" if connection else ""
    response, closed = only(f"GET / HTTP/{version}\r\nHost: h\r\n{field}\r\n".encode())
    assert response.status == 200
    assert closed is closes
    assert response.will_close is closes
    assert response.headers["Connection"] == said


def test_pipelined_requests_are_answered_in_order() -> None:
    responses, closed = ask(GET + GET.replace(b"/ ", b"/x ") + GET, "GET", "GET", "GET")
    assert [response.status for response in responses] == [200, 404, 200]
    assert [f"request {n} on" in r.body.decode() for n, r in enumerate(responses, 1)] == [True] * 3
    assert not closed


def test_nothing_after_the_request_that_closes_is_answered() -> None:
    last = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    responses, closed = ask(GET + last + GET, "GET", "GET")
    assert closed
    assert len(responses) == 2
    assert talk(last, GET) == talk(last)


def test_the_peer_s_fin_ends_it_and_half_a_request_gets_no_answer() -> None:
    server = new()
    assert server.received(GET[:-1]) == b""
    assert server.finished() == Answer(close=True)
    assert server.received(GET[-1:]) == b""


# -- content


def test_content_is_skipped_to_find_the_next_request() -> None:
    post = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 34\r\n\r\n" + GET
    assert len(GET) == 34
    responses, closed = ask(post + GET, "POST", "GET")
    assert [response.status for response in responses] == [405, 200]
    assert not closed


def test_chunked_content_is_skipped_with_extensions_and_trailers() -> None:
    post = (
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
        b'5;name="x"\r\nGET /\r\n0A \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n'
    )
    responses, closed = ask(post + GET, "POST", "GET")
    assert [response.status for response in responses] == [405, 200]
    assert not closed


def test_a_gigabyte_of_content_costs_no_memory() -> None:
    server = new()
    server.received(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1073741824\r\n\r\n")
    block = bytes(1 << 20)
    for _ in range(1023):
        assert server.received(block) == b""
        assert len(server._reader._buffer) == 0
    answer = server.received(block + GET)
    assert isinstance(answer, bytes)
    assert [response.status for response in parse(answer, ["PUT", "GET"])] == [405, 200]


@pytest.mark.parametrize("framing", [b"Content-Length: 2", b"Transfer-Encoding: chunked"])
def test_who_expects_100_continue_is_told_to_before_the_content(framing: bytes) -> None:
    server = new()
    head = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n" + framing + b"\r\n\r\n"
    assert server.received(head) == b"HTTP/1.1 100 Continue\r\n\r\n"
    content = b"hi" if b"Length" in framing else b"2\r\nhi\r\n0\r\n\r\n"
    answer = server.received(content)
    assert isinstance(answer, bytes)
    assert parse(answer, ["POST"])[0].status == 405


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
        b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    ],
)
def test_no_100_continue_without_content_or_to_http_1_0(request_bytes: bytes) -> None:
    sent, _closed = talk(request_bytes)
    assert b"100 Continue" not in sent
    assert parse(sent, ["POST"])[0].status == 405


# -- what is refused


def with_fields(*lines: bytes, version: bytes = b"1.1") -> bytes:
    return b"\r\n".join([b"GET / HTTP/" + version, *lines, b"", b""])


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"hello\n",
        b"GET /\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / x HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
        b"GET / http/1.1\r\nHost: h\r\n\r\n",
        b" GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
        b"\xff" * (LINE_LIMIT + 2),
        with_fields(),
        with_fields(b"Host: a", b"Host: b"),
        with_fields(b"Host: a", b"Host: b", version=b"1.0"),
        with_fields(b"Host: user@h"),
        with_fields(b"Host: a b"),
        with_fields(b"Host : h"),
        with_fields(b"Host: h", b" folded"),
        with_fields(b" Host: h"),
        with_fields(b"Host: h", b"no colon"),
        with_fields(b"Host: h", b": no name"),
        with_fields(b"Host: h", b"X: a\x00b"),
        with_fields(b"Host: h", b"X: a\rb"),
        with_fields(b"Host: h", b"Content-Length: -1"),
        with_fields(b"Host: h", b"Content-Length: 1 2"),
        with_fields(b"Host: h", b"Content-Length: "),
        with_fields(b"Host: h", b"Content-Length: 1", b"Content-Length: 2"),
        with_fields(b"Host: h", b"Content-Length: " + b"9" * 5000),
        with_fields(b"Host: h", b"Content-Length: \xb2"),
        with_fields(b"Host: h", b"Content-Length: 1", b"Transfer-Encoding: chunked"),
        with_fields(b"Host: h", b"Transfer-Encoding: chunked", version=b"1.0"),
        with_fields(b"Host: h", b"Transfer-Encoding: chunked, gzip"),
        with_fields(b"Host: h", b"Transfer-Encoding: "),
        with_fields(b"Host: h", b"Transfer-Encoding: chunked") + b"x\r\n",
        with_fields(b"Host: h", b"Transfer-Encoding: chunked") + b"-1\r\n",
        with_fields(b"Host: h", b"Transfer-Encoding: chunked") + b"0" * 17 + b"\r\n",
        with_fields(b"Host: h", b"Transfer-Encoding: chunked") + b"1\r\nabc\r\n",
    ],
)
def test_garbage_is_400_and_closed(request_bytes: bytes) -> None:
    response, closed = only(request_bytes)
    assert (response.status, closed) == (400, True)
    assert response.headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/2.0\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (with_fields(b"Host: h", b"Transfer-Encoding: gzip, chunked"), 501),
        (with_fields(b"Host: h", b"Expect: a miracle"), 417),
        (b"GET /" + b"a" * LINE_LIMIT, 414),
        (b"GET /" + b"a" * LINE_LIMIT + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (with_fields(b"Host: h", b"X: " + b"a" * FIELDS_LIMIT), 431),
        (with_fields(b"Host: h", *[b"X: " + b"a" * 1000] * 17), 431),
        (with_fields(b"Host: h", *[b"X: y"] * FIELDS_COUNT), 431),
    ],
)
def test_what_this_server_will_not_do_has_its_own_status_and_closes(
    request_bytes: bytes, status: int
) -> None:
    response, closed = only(request_bytes)
    assert (response.status, closed) == (status, True)


def test_the_longest_request_line_and_most_headers_allowed_are_answered() -> None:
    target = b"/?" + b"a" * (LINE_LIMIT - len(b"GET /? HTTP/1.1"))
    request = (
        b"GET %b HTTP/1.1\r\nHost: h\r\n" % target + b"X: y\r\n" * (FIELDS_COUNT - 1) + b"\r\n"
    )
    assert only(request)[0].status == 200


def test_a_target_that_is_no_path_is_400_but_leaves_the_stream_readable() -> None:
    responses, closed = ask(b"GET lab.test:80 HTTP/1.1\r\nHost: h\r\n\r\n" + GET, "GET", "GET")
    assert [response.status for response in responses] == [400, 200]
    assert not closed


@pytest.mark.parametrize("mistake", [b"HEAD / HTTP/1.1\r\n\r\n", b"HEAD /" + b"a" * LINE_LIMIT])
def test_a_mistake_in_a_head_request_has_no_content_either(mistake: bytes) -> None:
    sent, closed = talk(mistake)
    assert sent.endswith(b"\r\n\r\n")
    assert sent.count(b"\r\n\r\n") == 1
    assert closed


def test_the_refusal_of_a_client_too_many_is_a_whole_response() -> None:
    (response,) = parse(Http.refusal, ["GET"])
    assert (response.status, response.will_close) == (503, True)
    assert response.body.startswith(b"busy: ")


# -- any stream, cut anywhere

FRAGMENTS = st.sampled_from(
    [
        GET,
        b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
        b"POST / HTTP/1.1\nHost: h\nExpect: 100-continue\nContent-Length: 5\n\nhello",
        b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * (LINE_LIMIT + 50),
        b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * (FIELDS_LIMIT + 50),
        b"\xff" * (LINE_LIMIT + 50),
        b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 200,
    ]
)
STREAMS = st.lists(FRAGMENTS | st.binary(max_size=20), max_size=8).map(b"".join)


@given(STREAMS, st.data())
def test_any_slicing_of_a_stream_gives_the_same_responses(
    stream: bytes, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert talk(*pieces) == talk(stream)


@given(STREAMS)
def test_byte_by_byte_gives_the_same_responses(stream: bytes) -> None:
    assert talk(*(stream[at : at + 1] for at in range(len(stream)))) == talk(stream)


@given(STREAMS)
def test_what_is_held_back_is_bounded(stream: bytes) -> None:
    server = new()
    server.received(stream)
    assert len(server._reader._buffer) <= FIELDS_LIMIT + 2


@given(st.lists(st.binary(max_size=64)))
def test_random_bytes_never_raise(pieces: list[bytes]) -> None:
    sent, _closed = talk(*pieces)
    assert sent == b"" or sent.startswith(b"HTTP/1.1 400 ")
