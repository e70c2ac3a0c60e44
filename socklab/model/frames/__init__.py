"""Frames, decoded: `decode` tells everything about one, `outline` the little that a list needs."""

from socklab.model.frames.checksum import Status
from socklab.model.frames.decode import decode
from socklab.model.frames.layers import ALIASES, Field, Layer
from socklab.model.frames.outline import Fragment, Outline, TcpOptions, outline, tcp_options
from socklab.model.frames.tcp import flag_names
from socklab.model.frames.text import Relative, frame_line

__all__ = [
    "ALIASES",
    "Field",
    "Fragment",
    "Layer",
    "Outline",
    "Relative",
    "Status",
    "TcpOptions",
    "decode",
    "flag_names",
    "frame_line",
    "outline",
    "tcp_options",
]
