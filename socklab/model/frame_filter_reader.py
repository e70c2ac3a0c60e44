"""Reading a filter of frames, written as for Wireshark or as for tcpdump; both may be mixed.

    filter     = both { ("or" | "||") both }
    both       = single { ("and" | "&&") single }
    single     = ("not" | "!") single | "(" filter ")" | test
    test       = FIELD [ "&" mask ] [ sign value ] | FIELD "in" "{" value { [","] value } "}"
               | PROTOCOL | [PROTOCOL] ["src" | "dst"] ["host" | "port" | "portrange"] value
               | "less" N | "greater" N | "syn" | "syn-ack" | "fin" | "rst"

The last four are what the rules for the wire call them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from socklab.i18n import _
from socklab.model.frame_filter import All, Any, Compare, Has, Not, Sign, Span, Test, Wanted
from socklab.model.frame_filter_names import (
    FIELDS,
    FLAGS,
    PROTOCOLS,
    SAME_PROTOCOL,
    SERVICES,
    Form,
)
from socklab.model.frames.values import ipv6
from socklab.model.mistakes import closest, mistake_text

MOST = 1000
"""Characters that a filter may have."""

_DEEPEST = 50  # parentheses in one another

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")
    |(?P<sign>&&|\|\||==|!=|>=|<=|[=<>!&|(){},])
    |(?P<word>[^\s()<>!=&|{},"]+)
    |(?P<wrong>\S))""",
    re.VERBOSE,
)
_SIGNS: dict[str, Sign] = {
    "==": "==",
    "=": "==",
    "eq": "==",
    "!=": "!=",
    "ne": "!=",
    "<": "<",
    "lt": "<",
    "<=": "<=",
    "le": "<=",
    ">": ">",
    "gt": ">",
    ">=": ">=",
    "ge": ">=",
    "contains": "contains",
    "in": "in",
}
_ORDER = frozenset({"<", "<=", ">", ">="})
_AND, _OR, _NOT = ("and", "&&"), ("or", "||"), ("not", "!")
_QUALIFIERS = ("src", "dst", "host", "port", "portrange")
_MASK = {"syn": (0x12, 0x02), "syn-ack": (0x12, 0x12), "fin": (0x01, 0x01), "rst": (0x04, 0x04)}
_OTHERS = (*_QUALIFIERS, *_MASK, *SAME_PROTOCOL, "not", "less", "greater")
_TCP_FLAGS = ("tcp[tcpflags]", "tcp[13]")
_SWITCH = {"true": 1, "false": 0}
_ESCAPED = re.compile(rb'\\(x[0-9a-fA-F]{2}|["\\nrt0])')
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0"}
_MAC = re.compile(r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}")
_HEX = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})*")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,16}|[0-9]{1,20}")
_TIME = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15}")


class FilterError(ValueError):
    """A filter that makes no sense, as one sentence for the user.

    `expected` says what could have stood at `column` (from 1), `text` what did (empty at the end),
    `suggestion` what may have been meant.
    """

    def __init__(
        self, expected: str, text: str, column: int, suggestion: str | None = None
    ) -> None:
        super().__init__(expected, text, column)
        self.expected = expected
        self.text = text
        self.column = column
        self.suggestion = suggestion

    @property
    def problem(self) -> str:
        """The sentence without its place."""
        return mistake_text(self.expected, self.text, self.suggestion)

    def __str__(self) -> str:
        return f"{_('column {column}', column=self.column)}: {self.problem}"


def read_filter(text: str) -> Test:
    """The test that a filter's text asks for; an empty one lets everything through.

    Raises FilterError.
    """
    if len(text) > MOST:
        raise FilterError(_("at most {most} characters", most=MOST), text[MOST:], MOST + 1)
    tokens = _tokens(text)
    return _Reader(tokens, len(text)).whole() if tokens else All(())


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    quoted: bool = False


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "wrong":
            raise FilterError(_('a closing "'), "", len(text) + 1)
        found.append(_Token(match[kind], match.start(kind), kind == "quoted"))
    return found


class _Reader:
    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens = tokens
        self._length = length
        self._at = 0
        self._depth = 0

    # Tokens

    def _peek(self) -> str:
        """The next token as it is compared with words; "" at the end."""
        token = self._next
        return "" if token is None or token.quoted else token.text.lower()

    @property
    def _next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, *words: str) -> bool:
        """Whether one of these stands here; then it is behind us."""
        found = self._peek() in words
        self._at += found
        return found

    def _wrong(self, expected: str, known: tuple[str, ...] = ()) -> FilterError:
        token = self._next
        if token is None:
            return FilterError(expected, "", self._length + 1)
        return FilterError(expected, token.text, token.start + 1, closest(token.text, known))

    # What it is made of

    def whole(self) -> Test:
        """All of it."""
        test = self._filter()
        if self._next is not None:
            raise self._wrong(_("and, or, or the end of the filter"), ("and", "or"))
        return test

    def _filter(self) -> Test:
        tests = [self._both()]
        while self._take(*_OR):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else Any(tuple(tests))

    def _both(self) -> Test:
        tests = [self._single()]
        while self._take(*_AND):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else All(tuple(tests))

    def _single(self) -> Test:
        denied = False
        while self._take(*_NOT):
            denied = not denied
        test = self._inner() if self._peek() == "(" else self._test()
        return Not(test) if denied else test

    def _inner(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong(_("fewer parentheses"))
        self._take("(")
        test = self._filter()
        if not self._take(")"):
            raise self._wrong(_("and, or, or a closing )"), ("and", "or"))
        self._depth -= 1
        return test

    def _test(self) -> Test:
        word = self._peek()
        if word in _MASK:
            self._at += 1
            mask, flags = _MASK[word]
            return Compare("tcp.flags", "==", (Span(flags, flags),), mask)
        if word in ("less", "greater"):
            self._at += 1
            wanted = (self._value("frame.len"),)
            return Compare("frame.len", "<=" if word == "less" else ">=", wanted)
        if word in _QUALIFIERS:
            return self._qualified("")
        protocol = SAME_PROTOCOL.get(word, word)
        if protocol in PROTOCOLS:
            self._at += 1
            if self._peek() in _QUALIFIERS:
                return self._qualified(protocol)
            self._at -= 1
            return self._field(protocol)
        return self._field("tcp.flags" if word in _TCP_FLAGS else word)

    # As in Wireshark

    def _field(self, name: str) -> Test:
        if name not in FIELDS:
            error = self._wrong(
                _("a filter, such as tcp.port == 80 or host 10.0.0.1"), (*FIELDS, *_OTHERS)
            )
            if error.suggestion is not None:
                error.expected = _("a field")
            raise error
        self._at += 1
        form = FIELDS[name]
        mask: int | None = None
        if form is Form.NUMBER and self._take("&"):
            mask = self._mask()
        sign = _SIGNS.get(self._peek())
        if sign is None:
            return Has(name) if mask is None else Compare(name, "!=", (Span(0, 0),), mask)
        self._check(form, sign)
        self._at += 1
        if sign == "in":
            return Compare(name, "in", self._set(name), mask)
        return Compare(name, sign, (self._value(name),), mask)

    def _check(self, form: Form, sign: Sign) -> None:
        """Raises FilterError where values of that form can't be compared so."""
        if form is Form.NOTHING:
            raise self._wrong(_("and, or, or the end of the filter: it is there or it isn't"))
        if sign in _ORDER and form not in (Form.NUMBER, Form.TIME):
            raise self._wrong(_("== or !="))
        if sign == "contains" and form not in (Form.BYTES, Form.TEXT):
            raise self._wrong(_("==, !=, < or >"))

    def _mask(self) -> int:
        """One number or flag, or several in parentheses."""
        if not self._take("("):
            return self._bits()
        mask = self._bits()
        while self._take("|"):
            mask |= self._bits()
        if not self._take(")"):
            raise self._wrong(_("a closing )"))
        return mask

    def _bits(self) -> int:
        wanted = self._value("tcp.flags")
        assert isinstance(wanted, Span)
        return int(wanted.low)

    def _set(self, name: str) -> tuple[Wanted, ...]:
        if not self._take("{"):
            raise self._wrong("{")
        wanted = [self._value(name)]
        while not self._take("}"):
            self._take(",")
            wanted.append(self._value(name))
        return tuple(wanted)

    def _value(self, name: str) -> Wanted:
        """What stands here, read as a value of that field."""
        form = FIELDS[name]
        read, expected = _FORMS[form]
        token = self._next
        wanted = None
        if token is not None and token.text not in _TOKENS_OF_OTHERS:
            wanted = read(token.text, token.quoted)
            if wanted is None and name.endswith("port"):
                wanted = _span(SERVICES.get(token.text.lower()))
            if wanted is None and name == "tcp.flags":
                wanted = _span(FLAGS.get(token.text.lower()))
        if wanted is None:
            raise self._wrong(expected)
        self._at += 1
        return wanted

    # As in tcpdump

    def _qualified(self, protocol: str) -> Test:
        side = ""
        if self._peek() in ("src", "dst"):
            side = self._peek()
            self._at += 1
        if self._take("port"):
            test = self._ports(protocol, side, self._value("tcp.port"))
        elif self._take("portrange"):
            test = self._ports(protocol, side, self._range())
        else:
            self._take("host")
            test = self._host(protocol, side)
        return test

    def _ports(self, protocol: str, side: str, wanted: Wanted) -> Test:
        field = f"{side}port" if side else "port"
        protocols = [protocol] if protocol in ("tcp", "udp") else ["tcp", "udp"]
        tests = [Compare(f"{name}.{field}", "==", (wanted,)) for name in protocols]
        if len(tests) == 1:
            return tests[0]
        either = Any(tuple(tests))
        return All((Has(protocol), either)) if protocol else either

    def _range(self) -> Span:
        token = self._next
        low, dash, high = ("", "", "") if token is None else token.text.partition("-")
        first, last = _number(low), _number(high)
        if not dash or first is None or last is None:
            raise self._wrong(_("two ports, such as 8000-8080"))
        self._at += 1
        return Span(first.low, last.high)

    def _host(self, protocol: str, side: str) -> Test:
        token = self._next
        text = "" if token is None else token.text
        names, wanted = _host(text, protocol, side or "addr")
        if wanted is None or token is None or token.quoted:
            raise self._wrong(_("an address or a host's name"))
        self._at += 1
        tests = tuple(Compare(name, "==", (wanted,)) for name in names)
        either: Test = tests[0] if len(tests) == 1 else Any(tests)
        return All((Has(protocol), either)) if protocol in ("arp", "tcp", "udp") else either


_TOKENS_OF_OTHERS = frozenset("(){}!&|,<>=") | {"&&", "||", "==", "!=", ">=", "<="}


def _host(text: str, protocol: str, side: str) -> tuple[list[str], Wanted | None]:
    """The fields in which a host's address or name is looked for, and what it must be there."""
    if _MAC.fullmatch(text):
        return [f"eth.{side}"], text.lower().replace("-", ":")
    try:
        version = ip_address(text).version
    except ValueError:
        name = text if _NAME.fullmatch(text) else None
        return [{"src": "wire.from", "dst": "wire.to"}.get(side, "wire.host")], name
    if version == 6:
        return [f"ipv6.{side}"], _address(text, 6)
    arp = [f"arp.{end}.proto_ipv4" for end in ("src", "dst") if side in (end, "addr")]
    names = {"ip": [f"ip.{side}"], "arp": arp}.get(protocol, [f"ip.{side}", *arp])
    return names, _address(text, 4)


def _span(number: int | None) -> Span | None:
    return None if number is None else Span(number, number)


def _number(text: str, quoted: bool = False) -> Span | None:
    if quoted:
        return None
    low, dots, high = text.partition("..")
    if dots:
        first, last = _number(low), _number(high)
        return None if first is None or last is None else Span(first.low, last.high)
    if text.lower() in _SWITCH:
        return _span(_SWITCH[text.lower()])
    return _span(int(text, 0 if text.startswith("0x") else 10)) if _NUMBER.fullmatch(text) else None


def _time(text: str, quoted: bool) -> Span | None:
    if quoted or not _TIME.fullmatch(text):
        return None
    return Span(float(text), float(text))


def _address(text: str, version: int) -> Wanted | None:
    try:
        if "/" in text:
            network = ip_network(text, strict=False)
            return network if network.version == version else None
        address = ip_address(text)
    except ValueError:
        return None
    if address.version != version:
        return None
    # As the decoder writes it: RFC 5952 leaves no choice, but Python's versions differ.
    return str(address) if version == 4 else ipv6(address.packed)


def _mac(text: str, quoted: bool) -> str | None:
    return text.lower().replace("-", ":") if not quoted and _MAC.fullmatch(text) else None


def _text(text: str, quoted: bool) -> str | None:
    return unquoted(text).decode(errors="replace") if quoted else text


def _bytes(text: str, quoted: bool) -> bytes | None:
    if quoted:
        return unquoted(text)
    return bytes.fromhex(text.replace(":", " ")) if _HEX.fullmatch(text) else None


def unquoted(text: str) -> bytes:
    r"""The bytes that a quoted word stands for; it knows `\" \\ \n \r \t \0 \xNN`."""

    def meant(match: re.Match[bytes]) -> bytes:
        name = match[1]
        if name.startswith(b"x"):
            return bytes([int(name[1:], 16)])
        return _LETTERS.get(name, name)

    return _ESCAPED.sub(meant, text[1:-1].encode(errors="surrogatepass"))


_FORMS: dict[Form, tuple[Callable[[str, bool], Wanted | None], str]] = {
    Form.NUMBER: (_number, _("a number")),
    Form.TIME: (_time, _("a number of seconds")),
    Form.IPV4: (lambda text, quoted: _address(text, 4), _("an IPv4 address")),
    Form.IPV6: (lambda text, quoted: _address(text, 6), _("an IPv6 address")),
    Form.MAC: (_mac, _("a hardware address, such as 02:00:00:00:00:01")),
    Form.TEXT: (_text, _("a text")),
    Form.BYTES: (_bytes, _("a text in quotes, or bytes such as 47:45:54")),
    Form.NOTHING: (lambda text, quoted: None, ""),
}
