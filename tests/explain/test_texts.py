"""The texts are complete, well formed, and say what Linux does rather than what textbooks say."""

from __future__ import annotations

import errno
import re

import pytest

from socklab import explain
from socklab.explain import texts
from socklab.lab.language import VERBS
from socklab.lab.options import OPTIONS
from socklab.model.tcp_states import TcpState


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _sentences(text: str) -> int:
    """How many sentences a text has."""
    return len(re.findall(r"[.?!](?=\s+[A-Z`]|\s*$)", text))


SENTENCES = 3
"""More of them nobody reads."""


CALLS = _words(
    """
    socket bind listen accept connect getsockname getpeername send sendto recv recvfrom
    shutdown close setsockopt getsockopt ioctl poll select getaddrinfo
    """
)
"""Every call that a command can make, and the look-up of a name."""

ONE_EACH = CALLS - {"select", "getaddrinfo"}
"""Those that have a verb of their own."""

VERIFIED = _words(
    """
    EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNABORTED
    ECONNREFUSED ECONNRESET EDESTADDRREQ EHOSTUNREACH EINPROGRESS EINTR EINVAL EISCONN EMFILE
    EMSGSIZE ENETUNREACH ENOTCONN ENOTSOCK EOPNOTSUPP EPERM EPIPE EPROTONOSUPPORT ESPIPE
    ETIMEDOUT EAI_NONAME
    """
)
"""What the experiments with real sockets met."""

COMMON = _words(
    """
    EDOM EFAULT EHOSTDOWN EIO ENETDOWN ENETRESET ENFILE ENOBUFS ENODEV ENOMEM ENOPROTOOPT
    EPFNOSUPPORT EPROTO EPROTOTYPE ESOCKTNOSUPPORT EAI_AGAIN EAI_FAIL EAI_FAMILY EAI_NODATA
    EAI_SERVICE EAI_ADDRFAMILY
    """
)
"""What the man pages of those calls name besides."""

ALL = [
    pytest.param(name, call, advice, id=f"{name}-{call or 'any'}")
    for name, variants in texts._errnos().items()
    for call, advice in variants.items()
]


def test_every_call_has_a_text_and_no_text_lacks_a_call() -> None:
    assert frozenset(texts._calls()) == CALLS


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_call_s_text_is_sentences_with_a_man_page(name: str) -> None:
    text = explain.call_summary(name)
    assert_well_formed(text)


def assert_well_formed(text: explain.CallText) -> None:
    assert re.fullmatch(r"[A-Z].*\.", text.summary)
    assert 1 <= _sentences(text.summary) <= SENTENCES
    assert len(text.summary) <= 330
    assert re.fullmatch(r"[a-z0-9]+\([237]\)(, [a-z0-9]+\([237]\))*", text.man)
    assert re.fullmatch(r"|RFC \d+(, \d+(\.\d+)*)?", text.rfc)


def test_every_verb_that_makes_one_call_has_its_text() -> None:
    groups = ("naming", "data", "ending", "options")
    one_call = {verb.name for verb in VERBS.values() if verb.group in groups}
    assert {"ioctl" if name == "nonblock" else name for name in one_call} == ONE_EACH


SYMBOLS = {
    symbol
    for option in OPTIONS.values()
    for _level, symbol in (option.names(False), option.names(True))
}


def test_every_option_has_a_text_and_no_text_lacks_an_option() -> None:
    assert set(texts._options()) == SYMBOLS | {"TCP_INFO"}


@pytest.mark.parametrize("symbol", sorted(SYMBOLS))
def test_an_option_s_text_is_sentences_with_a_man_page(symbol: str) -> None:
    assert_well_formed(explain.option_summary(symbol))


def test_an_option_that_the_lab_does_not_have_has_no_text() -> None:
    with pytest.raises(KeyError):
        explain.option_summary("SO_MARK")


@pytest.mark.parametrize("state", TcpState)
def test_every_state_says_what_it_means(state: TcpState) -> None:
    meaning = explain.state_meaning(state)
    assert re.fullmatch(r"[A-Z].*\.", meaning)
    assert _sentences(meaning) <= SENTENCES


def test_what_is_no_state_means_nothing() -> None:
    with pytest.raises(KeyError):
        explain.state_meaning("CLOSED")


def test_a_call_that_no_command_makes_has_no_text() -> None:
    with pytest.raises(KeyError):
        explain.call_summary("fork")


@pytest.mark.parametrize("name", sorted(VERIFIED | COMMON))
def test_every_errno_that_a_student_meets_has_a_text(name: str) -> None:
    assert name in texts._errnos()


@pytest.mark.parametrize("name", sorted(texts._errnos()))
def test_every_text_belongs_to_an_errno_that_exists(name: str) -> None:
    if not name.startswith("EAI_"):
        assert errno.errorcode[getattr(errno, name)]


@pytest.mark.parametrize(("name", "call", "advice"), ALL)
def test_a_meaning_fits_behind_a_log_line_and_a_mend_is_sentences(
    name: str, call: str, advice: explain.Advice
) -> None:
    assert call == "" or call in CALLS
    assert len(advice.meaning) <= 72
    assert not advice.meaning.endswith((".", "!", ":", ","))
    assert not advice.meaning[0].isupper() or advice.meaning.split()[0].isupper()
    assert re.fullmatch(r"(`|[A-Z]|errno).*[.?]", advice.mend)
    assert len(advice.mend) <= 260
    assert _sentences(advice.mend) <= SENTENCES
    assert name not in advice.meaning


@pytest.mark.parametrize(("name", "call", "advice"), ALL)
def test_causes_are_sentences_the_likeliest_first(
    name: str, call: str, advice: explain.Advice
) -> None:
    assert 1 <= len(advice.causes) <= 5
    assert len(set(advice.causes)) == len(advice.causes)
    for cause in advice.causes:
        assert re.fullmatch(
            r"([A-Z0-9]|`|localhost|rcvtimeo|sndtimeo|connect|socket|send|bind|listen|lseek).*\.",
            cause,
        )
        assert _sentences(cause) == 1
        assert len(cause) <= 150


@pytest.mark.parametrize(("name", "call", "advice"), ALL)
def test_a_variant_says_something_that_the_general_text_does_not(
    name: str, call: str, advice: explain.Advice
) -> None:
    general = texts._errnos()[name][""]
    assert call == "" or advice != general


@pytest.mark.parametrize(
    ("name", "call", "word"),
    [
        ("ECONNREFUSED", "connect", "listen"),
        ("ECONNREFUSED", "recv", "datagram"),
        ("EINVAL", "bind", "already bound"),
        ("EINVAL", "accept", "listen"),
        ("EINVAL", "listen", "connected"),
        ("EACCES", "bind", "1024"),
        ("EACCES", "sendto", "broadcast"),
        ("EADDRINUSE", "listen", "listens"),
        ("EAGAIN", "recv", "come"),
        ("EAGAIN", "send", "full"),
        ("EAGAIN", "accept", "queue"),
        ("EPIPE", "send", "never connected"),
        ("EOPNOTSUPP", "listen", "UDP"),
    ],
)
def test_the_call_decides_what_an_errno_means(name: str, call: str, word: str) -> None:
    assert word in explain.errno_advice(name, call).meaning


def test_a_call_without_a_variant_of_its_own_has_the_general_text() -> None:
    assert explain.errno_advice("EBADF", "recv") == explain.errno_advice("EBADF", "close")


def test_two_names_of_one_number_have_one_text() -> None:
    assert explain.errno_advice("EWOULDBLOCK", "recv") == explain.errno_advice("EAGAIN", "recv")
    assert explain.errno_advice("ENOTSUP", "listen") == explain.errno_advice("EOPNOTSUPP", "listen")


def test_an_errno_without_a_text_has_the_system_s_and_a_stranger_its_name() -> None:
    assert explain.errno_advice("EXDEV", "close") == explain.Advice("invalid cross-device link", "")
    assert explain.errno_advice("ENEVERHEARD", "close") == explain.Advice("ENEVERHEARD", "")


# Where textbooks say otherwise, the texts say what was measured.


def everything_about(name: str, call: str) -> str:
    advice = explain.errno_advice(name, call)
    return " ".join((advice.meaning, advice.mend, *advice.causes))


@pytest.mark.parametrize(
    ("name", "call", "words"),
    [
        # A TCP socket that was never connected gives EPIPE for a send, not ENOTCONN.
        ("EPIPE", "send", "Linux says EPIPE here, where books promise ENOTCONN"),
        # The first send after the peer's close succeeds.
        ("EPIPE", "send", "the first send after that still succeeds"),
        # The old server must have had the option too; FIN_WAIT2 blocks as TIME_WAIT does.
        ("EADDRINUSE", "bind", "must have set reuseaddr as well as the new one, before bind"),
        ("EADDRINUSE", "bind", "TIME_WAIT or FIN_WAIT2"),
        # 0.0.0.0 and 127.0.0.1 are in each other's way.
        ("EADDRINUSE", "bind", "* and one on an address of its own"),
        # A firewall that drops is silence, one that rejects a refusal.
        ("ECONNREFUSED", "connect", "one that drops gives ETIMEDOUT"),
        ("ETIMEDOUT", "connect", "rejects gives ECONNREFUSED"),
        # A full accept queue refuses nobody, and holds one more than the backlog.
        ("ETIMEDOUT", "connect", "one more than its backlog"),
        ("ETIMEDOUT", "connect", "refuses nobody"),
        # Non-blocking, loopback too says EINPROGRESS first.
        ("EINPROGRESS", "connect", "on loopback too"),
        ("EINPROGRESS", "connect", "Writable alone proves nothing"),
        # EAGAIN is no end of the stream, and no error of the connection.
        ("EAGAIN", "recv", "This isn't the end of the stream"),
        # Closing with unread data resets.
        ("ECONNRESET", "recv", "unread"),
        ("ECONNRESET", "recv", "told once; the next recv returns 0"),
        # An unconnected UDP socket hears nothing.
        ("ECONNREFUSED", "recv", "hears nothing and would wait for ever"),
        # The buffer's size doesn't matter for a datagram's.
        ("EMSGSIZE", "sendto", "65507"),
        ("EMSGSIZE", "sendto", "the size of the send buffer doesn't matter"),
        # accept gives a connection that has been reset already.
        ("ECONNABORTED", "accept", "recv then fails with ECONNRESET"),
        # The client that waits is connected already.
        ("EMFILE", "accept", "already connected"),
    ],
)
def test_errnos_agree_with_what_was_measured(name: str, call: str, words: str) -> None:
    assert words in everything_about(name, call)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("listen", "BACKLOG + 1"),
        ("listen", "dropped in silence"),
        ("accept", "handshake is long done"),
        ("connect", "before anybody accepts"),
        ("close", "RST if received data is still unread"),
        ("close", "another descriptor holds the socket"),
        ("send", "first send after the peer has closed succeeds"),
        ("recv", "0 means that the peer has finished sending"),
        ("recvfrom", "0 is an empty datagram"),
        ("shutdown", "`in` sends nothing"),
        ("getsockopt", "doubles buffer sizes"),
        ("socket", "none of the kernel's tables"),
    ],
)
def test_calls_agree_with_what_was_measured(call: str, words: str) -> None:
    assert words in explain.call_summary(call).summary


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ("SO_REUSEADDR", "The old server must have had it set as well as the new one"),
        ("SO_REUSEADDR", "does not let two sockets listen"),
        ("SO_REUSEPORT", "in its queue are reset"),
        ("SO_KEEPALIVE", "nothing to do with HTTP's"),
        ("SO_LINGER", "the kernel sends everything all the same"),
        ("SO_RCVBUF", "Linux doubles"),
        ("SO_RCVTIMEO", "begins anew with each call"),
        ("SO_SNDTIMEO", "EINPROGRESS"),
        ("TCP_LINGER2", "While a descriptor still holds the socket the time doesn't run"),
        ("TCP_QUICKACK", "no lasting setting"),
        ("TCP_DEFER_ACCEPT", "SYN_RECV"),
        ("IPV6_V6ONLY", "Off, as on Linux by default"),
        ("IP_MULTICAST_LOOP", "even when this is off"),
        ("SO_ERROR", "reading it clears it"),
    ],
)
def test_options_agree_with_what_was_measured(symbol: str, words: str) -> None:
    assert words in explain.option_summary(symbol).summary
