import json
import re
from pathlib import Path

from local.credentials import administrator
from local.settings import Settings


def test_each_platform_has_a_random_key_that_only_its_user_can_read(tmp_path: Path) -> None:
    one, other = (Settings.read({"PLATFORM_HOME": str(tmp_path / name)}) for name in ("one", "other"))

    key = administrator(one)

    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key.access_key_id)
    assert len(key.secret_access_key) == 40
    assert one.access_key_file.stat().st_mode & 0o777 == 0o600
    assert {key.access_key_id, key.secret_access_key}.isdisjoint(json.loads(other_key(other)).values())


def test_a_platform_keeps_its_key(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    assert administrator(settings) == administrator(settings)


def test_a_damaged_file_gets_a_new_key(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})
    settings.access_key_file.write_text("{")

    assert administrator(settings) == administrator(settings)


def other_key(settings: Settings) -> str:
    administrator(settings)
    return settings.access_key_file.read_text()
