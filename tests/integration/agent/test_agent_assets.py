"""Files fetched from the controller are kept, but not all of them for ever."""

import hashlib
import os

from agent import assets as module
from agent.assets import Assets
from loadcell.channel import dial

LONG_AGO = 1_000_000_000


async def test_files_nobody_has_asked_for_make_room(controller, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_KEPT_BYTES", 25)
    contents = [b"%d" % number * 10 for number in range(4)]
    names = [hashlib.sha256(content).hexdigest() for content in contents]
    controller.assets = dict(zip(names, contents, strict=True))
    left_over = tmp_path / f"{names[0]}.1.part"
    left_over.touch()
    async with dial(f"127.0.0.1:{controller.port}") as channel:
        kept = Assets(channel, tmp_path)
        for name in names[:3]:  # more than is kept, but all of it was asked for just now
            await kept.fetch(name)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[:3], left_over.name])
        for age, path in enumerate([left_over, *(tmp_path / name for name in names[:3])]):
            os.utime(path, (LONG_AGO + age, LONG_AGO + age))
        await kept.fetch(names[0])  # asked for again
        await kept.fetch(names[3])
    assert {path.name for path in tmp_path.iterdir()} == {names[0], names[3]}
    assert (tmp_path / names[0]).read_bytes() == contents[0]
