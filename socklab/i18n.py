"""The one translation function that every text for a person passes through.

Catalogues are gettext's, in `socklab/locale/`; the language is the user's (LANGUAGE, LC_ALL, LANG).
Without a catalogue the English text stands for itself.
"""

from __future__ import annotations

import gettext
from pathlib import Path

_catalogue = gettext.translation("socklab", Path(__file__).parent / "locale", fallback=True)


def _(text: str, /, **values: object) -> str:
    """`text` in the user's language, its `{name}` fields filled from `values`.

    Without `values` the text is taken as it is, braces included.
    """
    translated = _catalogue.gettext(text)
    return translated.format(**values) if values else translated
