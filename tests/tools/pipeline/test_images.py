"""Images are built once into files, which the CDK loads instead of building them again."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from operate.releases.cdk_cli import CDK
from tests.workflows.stand_ins import cloud
from tools.pipeline.images import ImageError, save

# As Docker: `save` writes a file, `inspect` knows no image, and `load` needs the file to be an image.
DOCKER = """#!{python}
import gzip, os, pathlib, sys
words = sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(" ".join(words) + "\\n")
if words[0] == "save":
    pathlib.Path(words[words.index("--output") + 1]).write_text("the image " + words[-1])
if words[0] == "load":
    assert gzip.open(words[words.index("--input") + 1], "rt").read() == "the image release-abc"
sys.exit(words[0] in ("inspect", os.environ.get("FAILING")))
"""
SOURCE: dict[str, Any] = {"directory": "asset.abc", "platform": "linux/arm64"}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "docker"
    program.write_text(DOCKER.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("CDK_DOCKER", str(program))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def assembly(folder: Path, source: dict[str, Any]) -> Path:
    (folder / "asset.abc").mkdir(parents=True)
    (folder / "asset.abc" / "Dockerfile").write_text("FROM scratch")
    target = {"repositoryName": "images", "imageTag": "abc", "region": "eu-west-1"}
    images = {"abc": {"source": source, "destinations": {"here": target}}}
    stack = {"templateFile": "probe.template.json", "stackName": "probe"}
    artifacts = {
        "probe.assets": {"type": "cdk:asset-manifest", "properties": {"file": "probe.assets.json"}},
        "probe": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111111111111/eu-west-1",
            "properties": stack,
            "dependencies": ["probe.assets"],
        },
    }
    for name, content in {
        "probe.template.json": {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}},
        "probe.assets.json": {"version": "41.0.0", "files": {}, "dockerImages": images},
        "manifest.json": {"version": "41.0.0", "artifacts": artifacts},
    }.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def test_an_image_becomes_a_file_and_its_folder_is_gone(tmp_path: Path, calls: Path) -> None:
    made = assembly(tmp_path / "dev", SOURCE)

    (file,) = save(made)

    assert gzip.decompress(file.read_bytes()) == b"the image release-abc"
    assert not (made / "asset.abc").exists()
    build, _ = calls.read_text().splitlines()
    assert build == f"build --tag release-abc --platform linux/arm64 {made / 'asset.abc'}"
    (image,) = json.loads((made / "probe.assets.json").read_text())["dockerImages"].values()
    assert list(image["source"]) == ["executable"]


def test_equal_images_are_equal_files(tmp_path: Path, calls: Path) -> None:
    first, second = (save(assembly(tmp_path / name, SOURCE))[0].read_bytes() for name in ("one", "two"))

    assert first == second
    assert len(calls.read_text().splitlines()) == 4


def test_an_option_that_would_be_left_out_is_refused(tmp_path: Path, calls: Path) -> None:
    with pytest.raises(ImageError, match="dockerBuildArgs"):
        save(assembly(tmp_path / "dev", {**SOURCE, "dockerBuildArgs": {"A": "1"}}))
    assert not calls.exists()


@pytest.mark.usefixtures("calls")
def test_a_failed_build_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAILING", "save")

    with pytest.raises(ImageError, match="save` failed"):
        save(assembly(tmp_path / "dev", SOURCE))


@pytest.mark.slow
def test_the_real_cdk_loads_and_pushes_the_file_and_builds_nothing(tmp_path: Path, calls: Path) -> None:
    made = assembly(tmp_path / "dev", SOURCE)
    save(made)
    calls.unlink()

    with cloud() as aws:
        variables = {"AWS_ENDPOINT_URL": aws.url, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
        done = subprocess.run(
            [*CDK, "publish-assets", "probe", "--app", str(made), "--unstable", "publish-assets"],
            env={**os.environ, **variables, "AWS_REGION": "eu-west-1"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout + done.stderr
    ran = [line.split()[0] for line in calls.read_text().splitlines()]
    assert ran == ["login", "load", "tag", "push"]
    assert "push registry.example.com/images:abc" in calls.read_text()
