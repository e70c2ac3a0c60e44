"""The command line as its users and other programs see it: output, narration, exit status."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from socklab.export import FORMATS
from tests import peers

SOCKLAB = [sys.executable, "-m", "socklab"]
PATIENCE = 30.0

ECHO = ["-c", "server: serve tcp 127.0.0.1 0 echo"]
EXCHANGE = [
    *ECHO,
    "-c",
    "client: client tcp @server",
    "-c",
    'client: send "hello"',
    "-c",
    "client: recv",
    "-c",
    'expect client recv = 5 "hello"',
]


def socklab(
    *words: str | Path, stdin: str | None = None, cwd: Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run it to its end. It never leaves a traceback."""
    run = subprocess.run(
        [*SOCKLAB, *map(str, words)],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=PATIENCE,
        check=False,
        cwd=cwd,
        env={**os.environ, **env},
    )
    assert "Traceback" not in run.stderr
    assert "Exception" not in run.stderr
    return run


def events(output: str) -> list[dict[str, Any]]:
    """The events of `--format json`, whose `n` has no gap."""
    header, *found = [json.loads(line) for line in output.splitlines()]
    assert header["type"] == "socklab-journal"
    assert [event["n"] for event in found] == list(range(len(found)))
    return found


# Exit status, and what goes where.


def test_done_is_0_with_the_log_on_stdout() -> None:
    run = socklab("run", *EXCHANGE)
    assert (run.returncode, run.stderr) == (0, "")
    assert 'recv(3, 4096) = 5 "hello"' in run.stdout
    assert "accept(3) = 4" in run.stdout


def test_a_failed_expectation_is_1_and_said_on_stderr() -> None:
    run = socklab("run", "-c", "main: socket tcp", "-c", "expect main socket = 4 within 0")
    assert run.returncode == 1
    assert run.stderr == (
        "socklab: line 2: expect main socket = 4 within 0: not so:"
        " socket(AF_INET, SOCK_STREAM, 0) = 3\n"
    )
    assert "socket(AF_INET, SOCK_STREAM, 0) = 3" in run.stdout


def test_a_line_that_makes_no_sense_when_it_is_reached_is_2() -> None:
    run = socklab("run", "-c", "main: socket tcp", "-c", "other: recv")
    assert run.returncode == 2
    assert run.stderr.startswith("socklab: line 2: other: recv: other has no descriptor")


def test_a_mistake_in_line_7_is_2_and_nothing_is_run(tmp_path: Path, state_home: Path) -> None:
    script = tmp_path / "wrong.lab"
    script.write_text("server: socket tcp\n" * 6 + "server: lisen 3 5\n")
    run = socklab("run", script)
    assert (run.returncode, run.stdout) == (2, "")
    assert "line 7, column 9" in run.stderr
    assert "not 'lisen' (did you mean 'listen'?)" in run.stderr
    assert list(state_home.rglob("*.jsonl")) == []


def test_a_mistake_leaves_the_journal_of_the_run_before(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    assert socklab("run", "-c", "note first", "--journal", journal).returncode == 0
    before = journal.read_text()
    assert socklab("run", "-c", "nonsense", "--journal", journal).returncode == 2
    assert journal.read_text() == before


@pytest.mark.parametrize("line", ["sleep 3600", "expect nobody 3 LISTEN within 3600"])
def test_time_that_runs_out_is_1(line: str) -> None:
    run = socklab("run", "-c", "note first", "-c", line, "--time-limit", "0.1")
    assert run.returncode == 1
    assert run.stderr == f"socklab: time ran out after 0.1 s, at line 2: {line}\n"


def test_no_time_limit() -> None:
    assert socklab("run", "-c", "sleep 0.1", "--time-limit", "0").returncode == 0


def test_a_blocked_call_at_the_end_is_cut_and_no_failure() -> None:
    run = socklab("run", *ECHO, "-c", "client: client tcp @server", "-c", "client: recv")
    assert run.returncode == 0
    assert "(cut)" in run.stdout


def test_an_empty_script_is_done() -> None:
    run = socklab("run", "-c", "")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


# Where the script comes from.


def test_a_script_from_a_file_and_its_files(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"\x1b[31mred")
    (tmp_path / "some.lab").write_text(
        "main: socket udp\nmain: sendto 3 127.0.0.1 9 file:data", encoding="utf-8"
    )
    run = socklab("run", tmp_path / "some.lab")
    assert run.returncode == 0
    assert r'"\x1b[31mred"' in run.stdout
    assert "\x1b" not in run.stdout


def test_a_script_from_stdin(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"12345")
    text = "main: socket udp\r\nmain: sendto 3 127.0.0.1 9 file:data\r\n"
    run = socklab("run", "-", stdin=text, cwd=tmp_path)
    assert run.returncode == 0
    assert "= 5" in run.stdout


def test_lines_may_be_given_one_by_one() -> None:
    run = socklab("run", "-c", "one: socket tcp", "-c", "note x", "-c", "close 3")
    assert [line.split()[2:4] for line in run.stdout.splitlines() if "close(" in line] == [
        ["one", "close(3)"]
    ]


@pytest.mark.parametrize("words", [["run"], ["run", "file.lab", "-c", "note x"]])
def test_neither_or_both_is_2(words: list[str]) -> None:
    run = socklab(*words)
    assert (run.returncode, run.stdout) == (2, "")
    assert "either a script or lines" in run.stderr


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    run = socklab("run", tmp_path / "missing.lab")
    assert run.returncode == 2
    assert "missing.lab can't be read: No such file or directory" in run.stderr


def test_a_folder_as_a_script(tmp_path: Path) -> None:
    run = socklab("run", tmp_path)
    assert run.returncode == 2
    assert "can't be read: Is a directory" in run.stderr


def test_a_script_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "binary.lab").write_bytes(b"note caf\xe9")
    run = socklab("run", tmp_path / "binary.lab")
    assert run.returncode == 2
    assert "is no UTF-8 text (byte 8)" in run.stderr


def test_a_line_that_is_no_text() -> None:
    run = socklab("run", "-c", "note caf\udce9")
    assert run.returncode == 2
    assert "no UTF-8 text" in run.stderr


@pytest.mark.parametrize("words", [["-c", "note x", "--time-limit", "soon"], ["--nonsense"]])
def test_options_that_make_no_sense_are_2(words: list[str]) -> None:
    run = socklab("run", *words)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("usage: socklab")


# JSON.


def test_json_is_the_journal(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    run = socklab("run", *EXCHANGE, "--format", "json", "--journal", journal)
    found = events(run.stdout)
    assert run.stdout == journal.read_text(encoding="utf-8")
    calls = [(event["program"], event["name"]) for event in found if event["type"] == "call"]
    assert ("client", "recv") in calls
    assert {event["type"] for event in found} >= {"command", "program", "call", "state", "gauge"}


def test_json_is_utf_8_whatever_the_terminal_says() -> None:
    run = socklab("run", "-c", "note größe µ", "--format", "json", PYTHONIOENCODING="ascii")
    assert events(run.stdout)[1]["text"] == "größe µ"


def test_text_shows_what_the_terminal_lacks_as_an_escape() -> None:
    run = socklab("run", "-c", "note größe", PYTHONIOENCODING="ascii")
    assert (run.returncode, run.stderr) == (0, "")
    assert r"gr\xf6\xdfe" in run.stdout


def test_the_output_may_be_left_out() -> None:
    run = socklab("run", *EXCHANGE, "--format", "none")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_new_begins_another_journal_in_the_output_and_beside_the_first(tmp_path: Path) -> None:
    lines = ["-c", "note one", "-c", "new", "-c", "note two", "-c", "new", "-c", "note three"]
    run = socklab("run", *lines, "--format", "json", "--journal", tmp_path / "lab.jsonl")
    parts = run.stdout.split('{"type":"socklab-journal"')[1:]
    found = [events('{"type":"socklab-journal"' + part) for part in parts]
    assert [part[1]["text"] for part in found] == ["one", "two", "three"]
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["lab-2.jsonl", "lab-3.jsonl", "lab.jsonl"]


# Where it is recorded.


def test_it_is_recorded_among_the_users_journals(state_home: Path) -> None:
    run = socklab("run", *EXCHANGE, "--format", "json")
    (path,) = (state_home / "socklab" / "journals").iterdir()
    assert path.read_text(encoding="utf-8") == run.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_older_journal_is_replaced(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    for text in ("first", "second"):
        assert socklab("run", "-c", f"note {text}", "--journal", journal).returncode == 0
    assert "second" in journal.read_text()
    assert "first" not in journal.read_text()


@pytest.mark.parametrize("content", ["precious notes\n", '{"type": "something else"}\n'])
def test_what_is_no_journal_is_never_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "precious"
    path.write_text(content)
    run = socklab("run", "-c", "note x", "--journal", path)
    assert (run.returncode, run.stdout) == (2, "")
    assert "exists and is no journal: choose another" in run.stderr
    assert path.read_text() == content


def test_a_folder_or_a_device_is_no_place_for_a_journal(tmp_path: Path) -> None:
    for path in (tmp_path, Path(os.devnull)):
        assert socklab("run", "-c", "note x", "--journal", path).returncode == 2


def test_a_journal_that_cannot_be_written_says_so_once_and_goes_on(tmp_path: Path) -> None:
    run = socklab("run", *EXCHANGE, "--journal", tmp_path / "no" / "such" / "folder")
    assert run.returncode == 0
    assert run.stdout.count("can't be written") == 1
    assert 'recv(3, 4096) = 5 "hello"' in run.stdout


def test_an_unusable_state_directory_does_not_stop_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = socklab("run", *EXCHANGE, XDG_STATE_HOME=str(tmp_path / "file"))
    assert run.returncode == 0
    assert run.stdout.count("can't be written") == 1


# Signals.


class Running:
    """A run under way, whose log is read line by line."""

    def __init__(self, errors: IO[str], *words: str, **more: Any) -> None:
        self.errors = errors
        self.process = subprocess.Popen(
            [*SOCKLAB, "run", "--format", "json", *words],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            **more,
        )
        self.seen: list[dict[str, Any]] = []

    @property
    def stdout(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def wait_for(self, **fields: object) -> dict[str, Any]:
        for line in self.stdout:
            self.seen.append(json.loads(line))
            if all(self.seen[-1].get(name) == value for name, value in fields.items()):
                return self.seen[-1]
        raise AssertionError(f"it ended without {fields}")

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; the exit status and what stands on stderr."""
        self.process.send_signal(number)
        self.seen += [json.loads(line) for line in self.stdout]
        status = self.process.wait(PATIENCE)
        self.errors.seek(0)
        errors = self.errors.read()
        assert "Traceback" not in errors
        assert "Task was destroyed" not in errors
        return status, errors


@contextlib.contextmanager
def running(*words: str, **more: Any) -> Iterator[Running]:
    """A run that is gone when the test is over."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        run = Running(errors, *words, **more)
        with run.process:
            try:
                yield run
            finally:
                run.process.kill()


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_hold_serves_real_clients_until_it_is_ended(number: signal.Signals) -> None:
    with running(*ECHO, "--hold") as run:
        host, port = run.wait_for(type="call", name="bind")["local"]
        with peers.connect((host, port)) as peer:
            peer.sendall(b"hello")
            assert peers.read(peer, 5) == b"hello"
            run.wait_for(type="call", name="send")
        status, errors = run.end(number)
    assert status == 0
    assert errors == "socklab: servers go on until Ctrl-C\n"
    assert run.seen[-1]["type"] in ("program", "state")
    changes = [event["change"] for event in run.seen if event["type"] == "program"]
    assert changes == ["started", "stopped"]
    assert [event["n"] for event in run.seen[1:]] == list(range(len(run.seen) - 1))


MID_RUN = {
    "asleep": ["-c", "sleep 3600"],
    "in an expectation": ["-c", "expect nobody 3 LISTEN within 3600"],
    "blocked": ["-c", "one: socket udp", "-c", "one: recv 3", "-c", "sleep 3600"],
    "at the gate": ["-c", "pace step", "-c", "one: socket tcp"],
    "in a breath": ["-c", "pace slow 3600", "-c", "one: socket tcp"],
    "repeating": [*ECHO, "-c", "server: every 0 getsockname 3", "-c", "sleep 3600"],
}


@pytest.mark.parametrize(
    ("where", "number"),
    [
        *((where, signal.SIGINT) for where in MID_RUN),
        *(("blocked", other) for other in SIGNALS[1:]),
    ],
)
def test_a_signal_in_the_middle_ends_it_cleanly(where: str, number: signal.Signals) -> None:
    lines = MID_RUN[where]
    with running(*lines, "--time-limit", "0") as run:
        run.wait_for(type="command", text=lines[-1])
        status, errors = run.end(number)
    assert (status, errors) == (128 + number, "socklab: interrupted\n")
    stopped = [event for event in run.seen if event.get("change") == "stopped"]
    assert len(stopped) == len([event for event in run.seen if event.get("change") == "started"])


def test_an_ignored_hangup_stays_ignored() -> None:
    """As nohup(1) starts it."""
    with running(
        *ECHO,
        "--hold",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    ) as run:
        host, port = run.wait_for(type="call", name="bind")["local"]
        run.wait_for(type="call", name="ioctl")
        run.process.send_signal(signal.SIGHUP)
        with peers.connect((host, port)) as peer:
            peer.sendall(b"still there?")
            assert peers.read(peer, 12) == b"still there?"
        assert run.end(signal.SIGTERM)[0] == 0


# Output that nobody takes.


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_leaves_early_ends_it_quietly(form: str) -> None:
    command = f"{sys.executable} -m socklab run --format {form} -c 'one: socket udp'"
    command += " -c 'one: every 0 x5000 getsockname 3' -c 'one: getsockname 3' | head -1"
    run = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert len(run.stdout.splitlines()) == 1


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_streams_that_are_closed(redirection: str, state_home: Path) -> None:
    command = f"{sys.executable} -m socklab run -c 'main: socket tcp' {redirection}"
    run = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    (journal,) = state_home.rglob("*.jsonl")
    call = next(event for event in events(journal.read_text()) if event["type"] == "call")
    assert call["os_fd"] > 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_for_the_output_is_1() -> None:
    command = f"{sys.executable} -m socklab run -c 'note x' > /dev/full"
    run = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert run.returncode == 1
    assert run.stderr == "socklab: No space left on device\n"


# Export.


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of an exchange."""
    path = tmp_path_factory.mktemp("recorded") / "journal"
    assert socklab("run", *EXCHANGE, "--journal", path, "--format", "none").returncode == 0
    return path.read_bytes()


@pytest.fixture
def journal(tmp_path: Path, exchange: bytes) -> Path:
    """A recorded exchange."""
    path = tmp_path / "recorded.jsonl"
    path.write_bytes(exchange)
    return path


EXPECTED = {
    "text": 'recv(3, 4096) = 5 "hello"',
    "lab": 'client: send "hello"',
    "csv": "client,",
    "jsonl": '"type":"socklab-journal"',
}


@pytest.mark.parametrize("form", EXPECTED)
def test_export_to_stdout_and_to_a_file(journal: Path, form: str, tmp_path: Path) -> None:
    run = socklab("export", journal, "--to", form)
    assert (run.returncode, run.stderr) == (0, "")
    assert EXPECTED[form] in run.stdout
    path = tmp_path / "exported"
    assert socklab("export", journal, "--to", form, "-o", path).stdout == ""
    assert path.read_bytes().decode().replace("\r\n", "\n") == run.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_exported_as_a_script_runs_again(journal: Path) -> None:
    script = socklab("export", journal, "--to", "lab").stdout
    assert socklab("run", "-", stdin=script).returncode == 0


def test_jsonl_is_the_journal(journal: Path) -> None:
    assert socklab("export", journal, "--to", "jsonl").stdout == journal.read_text()


def test_a_format_that_there_is_not(journal: Path) -> None:
    run = socklab("export", journal, "--to", "word")
    assert (run.returncode, run.stdout) == (2, "")
    assert "there is no format word. Choose:" in run.stderr


def test_the_formats_are_listed_when_asked_for(journal: Path) -> None:
    for words in (["export", journal, "--to", "?"], ["export", "--to", "?"]):
        run = socklab(*words)
        assert (run.returncode, run.stderr) == (0, "")
        assert [line.split()[0] for line in run.stdout.splitlines()[1:]] == list(FORMATS)


def test_an_export_of_nothing_is_2() -> None:
    run = socklab("export", "--to", "text")
    assert (run.returncode, run.stdout) == (2, "")
    assert "journal" in run.stderr


def test_where_the_format_stands_does_not_matter(journal: Path) -> None:
    run = socklab("export", "--to", "jsonl", journal)
    assert (run.returncode, run.stdout) == (0, journal.read_text())


def test_programs_go_into_no_file(journal: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    run = socklab("export", journal, "--to", "python", "-o", file)
    assert (run.returncode, run.stderr) == (1, f"socklab: {file}: Not a directory\n")
    assert file.read_text() == "mine"


def test_export_to_where_nothing_can_be_written(journal: Path, tmp_path: Path) -> None:
    run = socklab("export", journal, "--to", "text", "-o", tmp_path / "no" / "such")
    assert run.returncode == 1
    assert "No such file or directory" in run.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_an_export_to_a_full_disk_is_1(journal: Path) -> None:
    run = socklab("export", journal, "--to", "csv", "-o", "/dev/full")
    assert (run.returncode, run.stderr) == (1, "socklab: /dev/full: No space left on device\n")


def test_export_never_overwrites_the_journal_itself(journal: Path) -> None:
    before = journal.read_text()
    run = socklab("export", journal, "--to", "text", "-o", journal.parent / "." / journal.name)
    assert run.returncode == 2
    assert "is the journal itself" in run.stderr
    assert journal.read_text() == before


def test_export_of_a_damaged_journal_gives_what_is_whole(journal: Path) -> None:
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-10])
    run = socklab("export", journal, "--to", "jsonl")
    assert run.returncode == 0
    assert run.stdout.encode() == whole[: whole.rindex(b"\n", 0, -10) + 1]


def test_export_of_a_journal_damaged_in_the_middle_says_so(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:5], b"\xff\x00garbage\n", *lines[6:]]))
    run = socklab("export", journal, "--to", "jsonl")
    assert run.returncode == 0
    assert run.stderr.startswith("socklab: ")
    assert run.stdout.encode() == b"".join(lines[:5])


@pytest.mark.parametrize("content", [b"", b"not a journal\n", b"\x7fELF\0\0\0", b'{"type":1}\n'])
def test_export_of_what_is_no_journal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(content)
    run = socklab("export", path, "--to", "text")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("socklab: ")


def test_export_of_a_journal_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        run = socklab("export", path, "--to", "text")
        assert (run.returncode, run.stdout) == (2, "")
        assert str(path) in run.stderr


# The rest.


def test_doctor() -> None:
    run = socklab("doctor")
    assert run.returncode == 0
    assert "IPv4 loopback" in run.stdout
    assert "descriptor limit" in run.stdout
    assert run.stderr == ""


def test_version() -> None:
    run = socklab("--version")
    assert run.returncode == 0
    assert run.stdout.startswith("socklab 0.")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["export", "--help"]])
def test_help(words: list[str]) -> None:
    run = socklab(*words)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("usage: socklab")


def test_the_help_says_how_long_a_script_may_take_and_that_lines_may_be_many() -> None:
    said = " ".join(socklab("run", "--help").stdout.split())
    assert "60 if not said, 0 for no limit" in said
    assert "may be repeated" in said


@pytest.mark.parametrize("words", [["missing.lab"], ["replay", "missing.jsonl"]])
def test_a_screen_for_what_is_not_there_is_2(words: list[str], tmp_path: Path) -> None:
    run = socklab(*words, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert words[-1] in run.stderr


def test_a_run_without_a_screen_never_loads_what_draws_one() -> None:
    program = (
        "import sys; from socklab.cli import main; status = main(sys.argv[1:]);"
        "sys.exit(status or bool({'textual', 'rich'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, "run", *EXCHANGE],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_the_soft_limit_of_descriptors_is_raised() -> None:
    program = (
        "import resource, sys; from socklab.cli import main;"
        "_soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE);"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard));"
        "main(['run', '-c', '']);"
        "sys.exit(resource.getrlimit(resource.RLIMIT_NOFILE)[0] != hard)"
    )
    run = subprocess.run([sys.executable, "-c", program], timeout=PATIENCE, check=False)
    assert run.returncode == 0
