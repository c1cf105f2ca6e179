"""The files that the processes of functions share."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ministack.services import lambda_svc  # noqa: F401 - runs the handlers

from local.embedded_aws.lambda_.shared_code import _SharingZipFile
from tests.local.embedded_aws.resources import archive, function, invoke

REPORTS_ITS_FILE = """
import os
def handler(event, context):
    found = os.stat("h.py")
    return [found.st_ino, found.st_mode & 0o777, os.getcwd()]
"""


def test_processes_of_one_code_share_its_files_and_cannot_write_them() -> None:
    first = invoke(function(REPORTS_ITS_FILE, name="one"))["body"]
    second = invoke(function(REPORTS_ITS_FILE, name="two"))["body"]
    other = invoke(function(REPORTS_ITS_FILE + "#", name="three"))["body"]

    assert first[2] != second[2]
    assert first[0] == second[0] != other[0]
    assert first[1] == 0o444


def test_an_archive_cannot_unpack_outside_its_folder() -> None:
    escaping = {**function(""), "code_zip": archive({"../escaped.py": "x"})}

    assert "outside the archive" in invoke(escaping)["body"]["errorMessage"]
    assert not list(Path(os.environ["HOME"]).rglob("escaped.py"))


def test_many_processes_may_unpack_the_same_code_at_once() -> None:
    code = Path(tempfile.gettempdir(), "many.zip")
    code.write_bytes(archive({f"package/module_{number}.py": f"value = {number}" for number in range(300)}))

    def unpack(folder: str) -> int:
        with _SharingZipFile(code) as opened:
            opened.extractall(folder)
        return len(list(Path(folder).rglob("*.py")))

    with ThreadPoolExecutor(16) as pool:
        counts = list(pool.map(unpack, [tempfile.mkdtemp() for _ in range(16)]))

    assert counts == [300] * 16
    assert len(list(Path(tempfile.gettempdir(), "shared-code").iterdir())) == 300
