"""Every field of TCP_INFO is explained, in a sentence."""

from __future__ import annotations

import re

import pytest

from socklab.explain.fields import field_groups, field_text
from socklab.model.tcp_info import FIELDS, Field


def test_every_field_has_its_place_and_none_that_there_is_not() -> None:
    listed = [name for _title, names in field_groups() for name in names]
    assert sorted(listed) == sorted(field.name for field in FIELDS)
    assert all(title for title, _names in field_groups())


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_text_is_one_sentence_and_names_its_rfc(field: Field) -> None:
    text = field_text(field.name)
    assert re.fullmatch(r"[A-Z1].*\.", text.text)
    assert len(text.text) <= 170
    assert re.fullmatch(r"|RFC \d+[^;]*(; RFC \d+[^;]*)*", text.rfc)


def test_a_field_that_the_struct_does_not_have() -> None:
    with pytest.raises(KeyError):
        field_text("cwnd_of_dreams")
