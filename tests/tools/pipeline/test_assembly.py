"""Artefacts are built once, and only those that were built are unpacked."""

from pathlib import Path
from typing import cast

import pytest

from operate.releases.cdk_cli import CdkCli
from tests.operate.releases.fakes import FakeCdk
from tools.pipeline.assembly import DIGESTS, ArtefactError, build, unpack


def built(folder: Path) -> str:
    return build(folder, ["dev", "prod"], cast("CdkCli", FakeCdk("platform-dev-users")))


def test_an_artefact_comes_back_as_it_was_built(tmp_path: Path) -> None:
    digest = built(tmp_path)
    template = tmp_path / "dev" / "platform-dev-users.template.json"
    before = template.read_bytes()
    template.unlink()
    (tmp_path / "dev" / "platform-dev-other.template.json").write_text("{}")

    assert unpack(tmp_path, "dev", digest) == tmp_path / "dev"
    assert template.read_bytes() == before
    assert not (tmp_path / "dev" / "platform-dev-other.template.json").exists()


def test_equal_assemblies_have_equal_digests(tmp_path: Path) -> None:
    assert built(tmp_path / "first") == built(tmp_path / "second")


@pytest.mark.parametrize("file", ["dev.tar", DIGESTS])
def test_a_missing_file_is_refused(tmp_path: Path, file: str) -> None:
    digest = built(tmp_path)
    (tmp_path / file).unlink()

    with pytest.raises(ArtefactError, match="is missing"):
        unpack(tmp_path, "dev", digest)


def test_a_changed_archive_is_refused_even_with_a_list_that_fits(tmp_path: Path) -> None:
    digest = built(tmp_path)
    with (tmp_path / "dev.tar").open("ab") as archive:
        archive.write(b"x")

    with pytest.raises(ArtefactError, match="not the one that was built"):
        unpack(tmp_path, "dev", digest)
    (tmp_path / DIGESTS).write_text("another list\n")
    with pytest.raises(ArtefactError, match=f"expected {digest}"):
        unpack(tmp_path, "dev", digest)


def test_a_failed_synthesis_builds_nothing(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="could not synthesize dev"):
        build(tmp_path, ["dev"], cast("CdkCli", FakeCdk(synthesizes=False)))
    assert not (tmp_path / DIGESTS).exists()
