"""What `import socklab` offers."""

from __future__ import annotations

import socklab


def test_a_lab_its_journal_and_its_events() -> None:
    with socklab.Lab() as lab:
        script = lab.script("server: serve tcp 127.0.0.1 0 echo\nclient: client tcp @server")
        assert lab.run(script).result(20) == "done"
        names = [event.name for event in lab.journal if isinstance(event, socklab.Call)]
    assert names[:4] == ["socket", "setsockopt", "bind", "listen"]
    assert "connect" in names


def test_every_name_that_it_offers_is_there() -> None:
    assert all(getattr(socklab, name) is not None for name in socklab.__all__)
    assert not hasattr(socklab, "nothing")
