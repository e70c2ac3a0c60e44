"""The texts are complete, well formed, and say what Linux does rather than what textbooks say."""

from __future__ import annotations

import errno
import re

import pytest

from socklab import explain
from socklab.explain import texts


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CALLS = _words(
    """
    socket bind listen accept connect getsockname getpeername send sendto recv recvfrom
    shutdown close setsockopt getsockopt ioctl poll getaddrinfo
    """
)
"""Every call that a command can make, and the look-up of a name."""

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
    assert re.fullmatch(r"[A-Z].*\.", text.summary)
    assert len(text.summary) <= 240
    assert re.fullmatch(r"[a-z0-9]+\([237]\)(, [a-z0-9]+\([237]\))*", text.man)
    assert re.fullmatch(r"|RFC \d+(, \d+(\.\d+)*)?", text.rfc)


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
    assert name not in advice.meaning


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
