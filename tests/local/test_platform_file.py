import json
from pathlib import Path

from local import platform_file
from local.credentials import administrator
from local.settings import Settings
from local.stacks import Stack


def test_scripts_find_everything_they_need_to_call_the_platform(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})
    stack = Stack(name="s", status="CREATE_COMPLETE", outputs={"TableName": "t"}, resources=(), left_out={})

    platform_file.write(settings, [stack], region="eu-west-1")

    written = json.loads((tmp_path / "platform.json").read_text())
    assert written["gateway_url"] == "https://localhost:8443"
    assert written["ca_file"] == str(tmp_path / "certificates" / "ca.pem")
    assert written["aws_endpoint_url"] == "https://127.0.0.1:4566"
    assert written["region"] == "eu-west-1"
    assert written["stacks"] == {"s": {"outputs": {"TableName": "t"}}}
    assert written["access_key_id"] == administrator(settings).access_key_id
    assert sorted(path.name for path in tmp_path.iterdir()) == ["access-key.json", "platform.json"]
    assert (tmp_path / "platform.json").stat().st_mode & 0o777 == 0o600
