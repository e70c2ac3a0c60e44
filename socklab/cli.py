"""The command line: `socklab [SCRIPT]`, `run`, `replay`, `export`, `doctor`.

stdout is data, stderr is narration, and the exit status is an interface: 0 done, 1 failed (an
expectation, the time, a disk that is full), 2 the request makes no sense, 128 and a signal's number
where that has ended it.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from socklab.i18n import _
from socklab.process import (
    die_on_interrupt,
    drop_output,
    end_on_signals,
    make_printable,
    open_standard_streams,
    raise_descriptor_limit,
    status_of,
)

if TYPE_CHECKING:
    from socklab.journal import Journal

_SUBCOMMANDS = ("run", "replay", "export", "doctor")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the process's exit status."""
    if arguments is None:
        die_on_interrupt()
    words = list(sys.argv[1:] if arguments is None else arguments)
    open_standard_streams()
    raise_descriptor_limit()
    parser = _parser()
    if words and words[0] not in _SUBCOMMANDS and not words[0].startswith("-"):
        words = ["ui", *words]
    options = parser.parse_args(words or ["ui"])
    try:
        status: int = options.do(options)
        sys.stdout.flush()
    except KeyboardInterrupt as interrupt:
        return status_of(interrupt)
    except BrokenPipeError:
        drop_output()
        return 141
    except OSError as error:
        drop_output()
        print(f"socklab: {error.strerror or error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="socklab",
        description=_("A real TCP/IP laboratory in one terminal window."),
        epilog=_("socklab [SCRIPT] opens the lab on the screen, with a script at hand."),
    )
    parser.set_defaults(do=_ui, script=None)
    parser.add_argument("--version", action="version", version=f"socklab {_version()}")
    commands = parser.add_subparsers(metavar="COMMAND")

    ui = commands.add_parser("ui", add_help=False)
    ui.add_argument("script", nargs="?", type=Path)
    ui.set_defaults(do=_ui)

    run = commands.add_parser("run", help=_("run a script without a screen"))
    run.add_argument("script", nargs="?", type=Path, help=_("a file of commands, - for stdin"))
    run.add_argument(
        "-c",
        dest="lines",
        action="append",
        metavar="COMMAND",
        help=_("a line instead of a file; may be repeated"),
    )
    run.add_argument(
        "--format",
        choices=("text", "json", "none"),
        default="text",
        help=_("what goes to stdout: the log, journal lines, or nothing"),
    )
    run.add_argument("--journal", type=Path, metavar="PATH", help=_("record it there"))
    run.add_argument(
        "--time-limit",
        type=_seconds,
        default=60.0,
        metavar="S",
        help=_("seconds for the whole script: 60 if not said, 0 for no limit"),
    )
    run.add_argument("--hold", action="store_true", help=_("keep servers running until Ctrl-C"))
    run.set_defaults(do=_run)

    replay = commands.add_parser("replay", help=_("open the screen on a recorded journal"))
    replay.add_argument("journal", type=Path)
    replay.set_defaults(do=_replay)

    export = commands.add_parser("export", help=_("turn a journal into another format"))
    export.add_argument("journal", type=Path)
    export.add_argument(
        "--to", required=True, action=_Format, metavar="FORMAT", help=_("--to ? lists them")
    )
    export.add_argument(
        "-o",
        dest="output",
        type=Path,
        metavar="PATH",
        help=_("the file, or the folder for a format of several files; else stdout"),
    )
    export.set_defaults(do=_export)

    doctor = commands.add_parser("doctor", help=_("say what this machine can do"))
    doctor.set_defaults(do=_doctor)
    return parser


def _version() -> str:
    from importlib.metadata import version

    return version("socklab")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise argparse.ArgumentTypeError(_("{text} is no time in seconds", text=text))
    return seconds


def _ui(options: argparse.Namespace) -> int:
    from socklab.ui.app import run_app

    script: tuple[Path, str] | None = None
    if options.script is not None:
        text = _read(options.script)
        if text is None:
            return 2
        script = (options.script, text)
    end_on_signals("SIGINT")
    return run_app(_recorder(None), script)


def _run(options: argparse.Namespace) -> int:
    from socklab.headless import Job, run

    if (options.script is None) == (options.lines is None):
        return _fail(_("run takes either a script or lines given with -c"))
    if options.lines is not None:
        text, base = "\n".join(options.lines), Path.cwd()
    else:
        read = _read(options.script)
        if read is None:
            return 2
        text, base = read, options.script.resolve().parent
    if not _is_unicode(text):  # the bytes of a command line that are no UTF-8
        return _fail(_("the command given with -c is no UTF-8 text"))
    if options.journal is not None and not _may_record(options.journal):
        return _fail(_("{path} exists and is no journal: choose another", path=options.journal))
    make_printable("utf-8" if options.format == "json" else None)
    job = Job(text, base, options.format, options.time_limit or None, options.hold)
    end_on_signals("SIGINT", "SIGTERM", "SIGHUP")
    return run(job, _recorder(options.journal))


def _replay(options: argparse.Namespace) -> int:
    from socklab.journal import Journal, JournalError
    from socklab.ui.app import replay_app

    try:
        journal = Journal.open(options.journal)
    except JournalError as error:
        return _fail(str(error))
    end_on_signals("SIGINT")
    return replay_app(journal)


class _Format(argparse.Action):
    """A format's name; `?` lists them all, whatever else is asked for or left out."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Keep the name, or list them all and leave."""
        if values == "?":
            print(_("The formats:{known}", known=_formats()))
            parser.exit()
        setattr(namespace, self.dest, values)


def _formats() -> str:
    """What there is to choose from, a line each."""
    from socklab.export import FORMATS

    return "".join(f"\n  {name:8} {one.summary}" for name, one in FORMATS.items())


def _export(options: argparse.Namespace) -> int:
    from socklab.export import FORMATS, BytesExporter, FolderExporter
    from socklab.export.files import write_out
    from socklab.journal import Journal, JournalError

    exporter = FORMATS.get(options.to)
    if exporter is None:
        known = _formats()
        return _fail(_("there is no format {name}. Choose:{known}", name=options.to, known=known))
    output: Path | None = options.output
    if output is None and isinstance(exporter, FolderExporter):
        return _fail(_("{name} is several files: say -o FOLDER", name=exporter.name))
    if output is None and isinstance(exporter, BytesExporter) and sys.stdout.isatty():
        return _fail(_("binary data isn't written to a terminal: say -o FILE"))
    try:
        journal = Journal.open(options.journal)
    except JournalError as error:
        return _fail(str(error))
    if output is not None and _is_same(output, options.journal):
        return _fail(_("{path} is the journal itself: choose another", path=output))
    make_printable("utf-8")
    end_on_signals("SIGINT", "SIGTERM", "SIGHUP")
    journal.wait_indexed()
    if journal.damage:
        print(f"socklab: {journal.damage}", file=sys.stderr)
    if isinstance(exporter, BytesExporter) and (why := exporter.lacks(journal)):
        print(f"socklab: {why}", file=sys.stderr)
    try:
        if output is not None:
            with _progress() as told:
                write_out(exporter, journal, output, told)
        elif isinstance(exporter, BytesExporter):
            for data in exporter.write(journal):
                sys.stdout.buffer.write(data)
        elif not isinstance(exporter, FolderExporter):
            for text in exporter.write(journal):
                sys.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        _fail(_("{path}: {why}", path=output or "stdout", why=error.strerror))
        return 1
    return 0


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int], None] | None]:
    """Says on a terminal, after the first second, how much has been written."""
    if not sys.stderr.isatty():
        yield None
        return
    from socklab.model.units import size_text

    due = monotonic() + 1
    said = False

    def told(size: int) -> None:
        nonlocal due, said
        if monotonic() >= due:
            due, said = monotonic() + 0.2, True
            print(f"\r{_('written: {size}', size=size_text(size))}  ", end="", file=sys.stderr)

    try:
        yield told
    finally:
        if said:
            print(file=sys.stderr)


def _doctor(_options: argparse.Namespace) -> int:
    from socklab.doctor import report

    make_printable(None)
    return report()


def _recorder(path: Path | None) -> Callable[[], Journal]:
    """Makes the journal of each session: at `path`, those after a `new` beside it with a number, or
    all among the user's journals."""
    from socklab.journal import Journal, new_path

    made = 0

    def make() -> Journal:
        nonlocal made
        made += 1
        if path is None:
            return Journal.create(new_path())
        if made == 1:
            with contextlib.suppress(OSError):
                path.unlink()  # an older journal: `_may_record` has looked
            return Journal.create(path)
        return Journal.create(path.with_stem(f"{path.stem}-{made}"))

    return make


def _may_record(path: Path) -> bool:
    """Whether a journal may be written to `path`: an old journal there is replaced."""
    from socklab.journal import Journal, JournalError

    try:
        if path.exists() and not path.is_file():
            return False
        if path.exists() and path.stat().st_size:
            Journal.open(path).close()
    except JournalError:
        return False
    except OSError:  # a folder that this user may not look into: the journal will say so
        return True
    return True


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(path: Path) -> str | None:
    """A script's text; None, with the reason told, where it can't be had."""
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return content.decode("utf-8")
    except OSError as error:
        _fail(_("{path} can't be read: {why}", path=path, why=error.strerror))
    except UnicodeDecodeError as error:
        _fail(_("{path} is no UTF-8 text (byte {byte})", path=path, byte=error.start))
    return None


def _fail(text: str) -> int:
    print(f"socklab: {text}", file=sys.stderr)
    return 2
