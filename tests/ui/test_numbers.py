"""The Numbers pane: TCP_INFO over time and field by field, end by end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from socklab.events import Gauge, Info, State
from socklab.journal import Journal
from socklab.journal.excerpt import Excerpt
from socklab.ui.panes.cells import width_of
from socklab.ui.panes.number_lines import NumberLines
from socklab.ui.panes.numbers import NumbersPane
from socklab.ui.panes.samples import Samples
from tests.ui.panes import NOON, PaneApp, Told, said, shown

WIDE, MEDIUM, NARROW = (119, 30), (71, 18), (79, 12)
TENTH = 100_000_000


def pane_of(told: Told) -> NumbersPane:
    """A pane that knows the sockets of the story."""
    return NumbersPane(told.journal, told.table)


def plots(pane: NumbersPane) -> str:
    """The plots on the screen."""
    return str(pane.query_one("#number-plots").render())


def explained(pane: NumbersPane) -> str:
    """What stands at the bottom."""
    return str(pane.query_one("#number-text").render())


def head(pane: NumbersPane) -> list[str]:
    """The names of the ends that stand at the top."""
    names = [pane.query_one(f"#number-end-{place}") for place in (0, 1)]
    return [str(name.render()) for name in names if name.region.area]


class Measured(Told):
    """A story with samples, a tenth of a second apart."""

    def __init__(self, journal: Journal | None = None) -> None:
        super().__init__(journal)
        self.at = NOON
        self.connection()
        self.accept()
        for sock, program, fd in ((2, "client", 3), (3, "server", 4)):
            self.journal.append(
                State(t=self.now(), program=program, sock=sock, fd=fd, source="kernel",
                      old="SYN_SENT" if sock == 2 else "SYN_RECV", new="ESTABLISHED")
            )  # fmt: skip
        self.journal.now = lambda: self.at  # type: ignore[method-assign]

    def info(self, sock: int = 2, **fields: Any) -> int:
        """A sample of an end."""
        self.at += TENTH
        program, fd = ("client", 3) if sock == 2 else ("server", 4)
        known: dict[str, Any] = {"rtt": 25, "rto": 204_000, "snd_cwnd": 10, "snd_mss": 1448}
        return self.journal.append(
            Info(t=self.at, program=program, sock=sock, fd=fd, **(known | fields))
        )

    def both_close(self) -> None:
        """Neither a descriptor nor the kernel knows the connection any more."""
        for sock, program in ((2, "client"), (3, "server")):
            self.call(program, "close", sock=sock, fd=sock + 1)
            self.journal.append(
                State(t=self.at, sock=sock, old="ESTABLISHED", new="CLOSE", source="kernel")
            )

    def gauge(self, sock: int = 2, **fields: Any) -> int:
        """The queues of an end."""
        self.at += TENTH
        return self.journal.append(Gauge(t=self.at, sock=sock, fd=3, **fields))


async def test_the_fields_of_the_chosen_end_with_their_units() -> None:
    told = Measured()
    told.info(snd_ssthresh=0x7FFFFFFF, snd_wnd=65_536)
    told.info(sock=3, snd_cwnd=33)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        await pilot.pause()
        assert head(pane) == ["● client 3 127.0.0.1:41822", "○ server 4 127.0.0.1:8080"]
        lines = [" ".join(line.split()) for line in shown(pane.lines)]
        assert lines[0] == "Sending"
        assert lines[1].startswith("snd_cwnd 10 segments Congestion window")
        assert lines[2].startswith("snd_ssthresh none yet Slow-start threshold")
        assert lines[3].startswith("snd_wnd 65,536 B Send window")


async def test_the_other_end_by_key_and_by_click() -> None:
    told = Measured()
    told.info()
    told.info(sock=3, snd_cwnd=33)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        await pilot.press("e")
        assert "33 segments" in said(pane.lines)
        assert head(pane)[1].startswith("● server")
        assert await pilot.click("#number-end-0")
        assert "10 segments" in said(pane.lines)
        pane.show(3)
        assert "33 segments" in said(pane.lines)


async def test_both_ends_side_by_side_where_there_is_room() -> None:
    told = Measured()
    told.info()
    told.info(sock=3, snd_cwnd=33)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        pane.show(3)
        await pilot.pause()
        lines = [" ".join(line.split()) for line in shown(pane.lines)]
        assert lines[0] == "Sending client 3 server 4"
        assert lines[1].startswith("snd_cwnd 10 segments 33 segments Congestion")
        assert plots(pane).count("cwnd 10 seg") == plots(pane).count("cwnd 33 seg") == 1
        assert [name[0] for name in head(pane)] == ["●", "●"]


async def test_the_plots_show_what_was_and_what_is() -> None:
    told = Measured()
    for cwnd, rtt in ((10, 25), (20, 1000), (40, 4000), (40, 2000)):
        told.info(snd_cwnd=cwnd, rtt=rtt)
    told.gauge(recv_queue=0, send_queue=70_000)
    told.gauge(recv_queue=0, send_queue=100)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        await pilot.pause()
        text = plots(pane)
        assert "cwnd 40 seg" in text
        assert "min 10 seg" in text
        assert "rtt 2.0 ms" in text
        assert "4.0 ms ┤" in text
        assert "send queue 100 B" in text
        assert "68.4KiB ┤" in text
        assert "recv queue 0 B" in text
        assert "1.00 s ago" in text
        assert all(width_of(line) == MEDIUM[0] for line in text.splitlines())


async def test_it_follows_what_is_new_and_marks_what_has_changed() -> None:
    told = Measured()
    told.info()
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        await pilot.pause()
        assert "•" not in said(pane.lines)
        told.info(snd_cwnd=11)
        pane.renew()
        await pilot.pause()
        changed = [line for line in shown(pane.lines) if "•" in line]
        assert [line.split()[:2] for line in changed] == [["snd_cwnd", "•11"]]
        assert "cwnd 11 seg" in plots(pane)


async def test_the_field_under_the_cursor_is_explained_in_full() -> None:
    told = Measured()
    told.info()
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        pane.lines.focus()
        await pilot.pause()
        assert explained(pane).startswith("tcpi_snd_cwnd  Congestion window: how many segments")
        assert explained(pane).endswith("RFC 5681, 3.1; RFC 6928")
        await pilot.press("down")
        assert explained(pane).startswith("tcpi_snd_ssthresh")
        told.info(snd_cwnd=12)
        pane.renew()
        assert pane.lines.field == "snd_ssthresh"
        await pilot.press("e", "e", "end")
        assert pane.lines.field == "last_ack_recv"


async def test_the_last_minute_only() -> None:
    told = Measured()
    told.info(snd_cwnd=500)
    told.at += 100 * 10 * TENTH
    for _sample in range(5):
        told.info(snd_cwnd=20)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        pane.lines.focus()
        await pilot.pause()
        assert "500 seg ┤" in plots(pane)
        assert "100.5 s ago" in plots(pane)
        await pilot.press("t")
        assert "60.0 s ago" in plots(pane)
        assert "500 seg ┤" not in plots(pane)
        await pilot.press("t")
        assert "500 seg ┤" in plots(pane)


async def test_a_closed_connection_keeps_its_last_samples() -> None:
    told = Measured()
    told.info(snd_cwnd=17, bytes_acked=4711)
    told.both_close()
    assert not {2, 3} & told.table().sockets.keys()
    told.at += 1000 * TENTH
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        await pilot.pause()
        assert head(pane) == ["● client 3 127.0.0.1:41822", "○ server 4 127.0.0.1:8080"]
        assert "17 segments" in said(pane.lines)
        assert "ago" not in plots(pane)
        pane.lines.focus()
        await pilot.press("pagedown")
        assert "4,711 B" in said(pane.lines)


async def test_a_connection_that_closes_while_it_is_shown_stays() -> None:
    told = Measured()
    told.info(snd_cwnd=17)
    told.info(sock=3, snd_cwnd=33)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        told.both_close()
        pane.renew()
        await pilot.pause()
        assert len(head(pane)) == 2
        await pilot.press("e")
        assert "33 segments" in said(pane.lines)


async def test_a_peer_that_is_accepted_later_joins() -> None:
    told = Told()
    told.connection()
    told.journal.append(Info(t=NOON, program="client", sock=2, fd=3, snd_cwnd=10))
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        pane.show(2)
        await pilot.pause()
        assert len(head(pane)) == 1
        told.accept()
        told.journal.append(Info(t=NOON, program="server", sock=3, fd=4, snd_cwnd=77))
        pane.renew()
        await pilot.pause()
        assert len(head(pane)) == 2
        assert pane.socks == [2, 3]
        assert "77 segments" in said(pane.lines)


@pytest.mark.parametrize(
    ("sock", "words"),
    [
        (1, "accept queue"),
        (3, "waits to be accepted"),
        (5, "UDP socket has no such numbers"),
        (6, "isn't connected yet"),
        (2, "no sample of this connection"),
        (99, "no sample of this connection"),
    ],
    ids=["listening", "waiting", "udp", "fresh", "unsampled", "unknown"],
)
async def test_where_there_is_nothing_it_says_why(sock: int, words: str) -> None:
    told = Told()
    told.connection()
    told.journal.append(
        State(t=NOON, sock=3, old="LISTEN", new="SYN_RECV", source="kernel",
              local=("127.0.0.1", 8080), remote=("127.0.0.1", 41822))
    )  # fmt: skip
    told.call("talker", "socket", "AF_INET", "SOCK_DGRAM", 0, sock=5, fd=3, result=3)
    told.call("talker", "socket", "AF_INET", "SOCK_STREAM", 0, sock=6, fd=4, result=4)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(sock)
        await pilot.pause()
        text = " ".join(said(pane.lines).split())
        assert words in text
        assert "F3" in text
        assert head(pane) == []
        assert not pane.query_one("#number-plots").display


async def test_an_empty_pane_says_what_it_is_for() -> None:
    pane = pane_of(Told())
    async with PaneApp(pane).run_test(size=NARROW) as pilot:
        await pilot.press("e", "t", "left", "right", "end", "y")
        text = " ".join(said(pane.lines).split())
        assert "round-trip time, congestion window" in text
        assert "F3 opens a connection" in text


async def test_another_system_has_no_such_numbers(tmp_path: Path) -> None:
    told = Told(Journal.create(tmp_path / "j"))
    told.connection()
    told.accept()
    told.journal.close()
    path = tmp_path / "elsewhere"
    path.write_bytes(
        (tmp_path / "j").read_bytes().replace(b'"system":"Linux"', b'"system":"Darwin"')
    )
    journal = Journal.open(path)
    assert journal.wait_indexed(10)
    pane = NumbersPane(journal, told.table)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        await pilot.pause()
        assert "TCP_INFO, which Darwin lacks" in " ".join(said(pane.lines).split())


async def test_another_journal_begins() -> None:
    told = Measured()
    told.info()
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        await pilot.pause()
        pane.show_journal(Journal.create(None))
        await pilot.pause()
        assert "How a TCP connection is doing" in said(pane.lines)
        assert pane.socks == []
        assert not pane.query_one("#number-plots").display


async def test_the_connections_in_turn() -> None:
    told = Measured()
    told.info()
    told.call("other", "socket", "AF_INET", "SOCK_STREAM", 0, sock=7, fd=3, result=3)
    told.call("other", "connect", sock=7, local=("127.0.0.1", 5), remote=("10.0.0.1", 80))
    told.journal.append(Info(t=told.at, program="other", sock=7, fd=3, snd_cwnd=99))
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.lines.focus()
        await pilot.press("right")
        assert pane.socks == [2, 3]
        await pilot.press("right")
        assert "99 segments" in said(pane.lines)
        await pilot.press("right")
        assert pane.socks == [2, 3]


@pytest.mark.parametrize("size", [(20, 5), (40, 9), NARROW, MEDIUM, WIDE, (200, 60)], ids=str)
async def test_every_size_has_its_layout(size: tuple[int, int]) -> None:
    told = Measured()
    for i in range(30):
        told.info(snd_cwnd=10 + i)
        told.info(sock=3, snd_cwnd=10 + i)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        await pilot.pause()
        await pilot.resize_terminal(*size)
        await pilot.pause()
        pane.renew()
        await pilot.pause()
        assert "snd_cwnd" in said(pane.lines)
        if pane.query_one("#number-plots").display:
            assert all(width_of(line) <= size[0] for line in plots(pane).splitlines())


async def test_a_replay_shows_what_was_known_at_its_moment_and_goes_on() -> None:
    told = Measured()
    told.info(snd_cwnd=10)
    upto = told.info(snd_cwnd=20) + 1
    told.info(snd_cwnd=30)
    excerpt = Excerpt(told.journal, upto)
    pane = NumbersPane(excerpt, told.table)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(2)
        await pilot.pause()
        assert "20 segments" in said(pane.lines)
        assert "20 seg ┤" in plots(pane)
        excerpt.extend(len(told.journal))
        pane.renew()
        await pilot.pause()
        assert "30 segments" in said(pane.lines)
        assert "30 seg ┤" in plots(pane)


# Reading the samples.


def finished(samples: Samples) -> Samples:
    """After all that there is has been read."""
    while samples.reading:
        samples.advance(0.01)
    return samples


def test_hours_of_samples_in_a_file_are_all_taken_in(tmp_path: Path) -> None:
    told = Measured(Journal.create(tmp_path / "j"))
    for i in range(3000):
        told.info(rtt=1_000_000 if i == 1234 else 100 + i % 10, snd_cwnd=10 + i)
        told.call("client", "send", "0", sock=2, size=1, result=1, data=b"x")
        told.info(sock=3)
    told.journal.close()
    journal = Journal.open(tmp_path / "j")
    assert journal.wait_indexed(10)
    samples = finished(Samples(journal, 2))
    assert samples.latest is not None
    assert samples.latest.snd_cwnd == 3009
    assert samples.changed == {"snd_cwnd", "rtt"}
    first, last = samples.first, samples.last
    assert first is not None
    assert last is not None
    spans = [span for span in samples.series("rtt").spans(first, last, 40) if span is not None]
    assert len(spans) == 40
    assert [place for place, span in enumerate(spans) if span.high == 1_000_000] == [16]
    assert {span.low for span in spans} == {100}


def test_the_newest_sample_is_found_first() -> None:
    told = Measured()
    for i in range(2000):
        told.info(snd_cwnd=i)
    told.gauge(recv_queue=5)
    samples = Samples(told.journal, 2)
    steps = 0
    while samples.latest is None:
        samples.advance(0.0001)
        steps += 1
    assert samples.latest.snd_cwnd == 1999
    assert samples.reading


def test_a_queue_was_empty_before_its_first_gauge() -> None:
    told = Measured()
    told.info()
    told.gauge(send_queue=100, recv_queue=0)
    samples = finished(Samples(told.journal, 2))
    spans = samples.series("send_queue").spans(NOON, told.at, 2)
    assert spans[0] is not None
    assert (spans[0].low, samples.series("send_queue").now) == (0, 100)


def test_every_line_of_the_table_says_something() -> None:
    lines = NumberLines([])
    fields = [lines.field(index) for index in range(len(lines))]
    assert len(set(fields) - {""}) > 40
    assert all(lines.parts(index, 80) for index in range(len(lines)))


async def test_a_socket_that_only_its_samples_still_know() -> None:
    told = Told()
    told.journal.append(Info(t=NOON, program="client", sock=9, fd=5, snd_cwnd=12))
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=MEDIUM) as pilot:
        pane.show(9)
        await pilot.pause()
        assert head(pane) == ["● client 5"]
        assert "12 segments" in said(pane.lines)
