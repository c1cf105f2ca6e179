from pathlib import Path

from local import down
from local.credentials import administrator
from local.ports import PORTS, last_ports, remember_ports
from local.progress import Progress
from local.settings import Settings


def test_a_reset_deletes_the_data_with_its_keys_and_passwords_and_keeps_the_ports(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})
    key = administrator(settings)
    settings.identities_file.write_text("{}")
    (settings.embedded_aws / "services").mkdir(parents=True)
    remember_ports(tmp_path, settings.ports)

    down.wipe(settings, Progress())

    assert [each.name for each in tmp_path.iterdir()] == ["ports.json"]
    assert last_ports(tmp_path).keys() == PORTS.keys()
    assert administrator(settings) != key
