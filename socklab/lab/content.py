"""The bytes that a line's DATA means."""

from __future__ import annotations

import os
from pathlib import Path

from socklab.i18n import _
from socklab.lab import commands
from socklab.lab.refusal import Refusal

_LARGEST_FILE = 64 << 20
_PATTERN = bytes(range(256))


def content(data: commands.Data, base: Path) -> bytes:
    """The bytes that a line's DATA means; `file:` paths count from `base`. Raises Refusal."""
    if isinstance(data, commands.Literally):
        return data.data
    if isinstance(data, commands.Pattern):
        return _PATTERN * (data.size // 256) + _PATTERN[: data.size % 256]
    try:
        path = base / Path(data.path).expanduser()
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise Refusal(
                _(
                    "{path} has {size:,} bytes: a file of at most {most:,} can be sent at once",
                    path=data.path,
                    size=size,
                    most=_LARGEST_FILE,
                )
            )
        if not path.is_file():
            raise Refusal(_("{path} is no file", path=data.path))
        return path.read_bytes()
    except OSError as error:
        raise Refusal(
            _("{path} can't be read: {why}", path=data.path, why=os.strerror(error.errno or 0))
        ) from None
    except RuntimeError:  # expanduser's
        why = _("nobody has that name here")
        raise Refusal(_("{path} can't be read: {why}", path=data.path, why=why)) from None
