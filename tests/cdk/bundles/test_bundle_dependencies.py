"""The bundles of the real services: their content, their size, and their import without other packages."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cdk.bundles.bundle import build_bundle, build_bundles
from cdk.bundles.bundle_archive import BundleError
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT, load_manifests
from tests.console.fakes import PLATFORM

pytestmark = pytest.mark.slow

SIZE_LIMIT_BYTES = 14_500_000
# A service's additional bundles exist for dependencies that are too large for all of its functions.
EXTRA_SIZE_LIMIT_BYTES = 16_000_000
MANIFESTS = {manifest.service: manifest for manifest in load_manifests()}
BUNDLES = [(service, bundle) for service, manifest in MANIFESTS.items() for bundle in manifest.bundle_names]
IMPORT = """
import importlib, json, sys
sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry]
sys.path.insert(0, sys.argv[1])
module, _, name = sys.argv[2].rpartition(".")
assert callable(getattr(importlib.import_module(module), name))
origins = {module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
print(json.dumps(sorted(origins)))
"""

BUILD = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
from cdk.bundles.bundle import build_bundle
from cdk.settings.manifests import load_manifests
manifests = {manifest.service: manifest for manifest in load_manifests()}
build_bundle(manifests["users"], architecture="host", project=Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def host_bundles() -> dict[str, Path]:
    return build_bundles(MANIFESTS.values(), architecture="host")


def variables(manifest: Manifest) -> dict[str, str]:
    secrets = {
        f"SECRET_{name.upper().replace('-', '_')}_ARN": "arn:aws:secretsmanager:::x" for name in manifest.secrets
    }
    return {
        "PATH": os.environ["PATH"],
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "SERVICE": manifest.service,
        "ENVIRONMENT": "test",
        "FUNCTION": "test",
        "TABLE_NAME": "test",
        "BUS_NAME": "test",
        "BUCKET_NAME": "test",
        "PUBLISHES": "",
        **{f"QUEUE_{name.upper().replace('-', '_')}_URL": "https://sqs.example.com/test" for name in manifest.queues},
        **{f"SETTING_{name.upper()}": json.dumps(value) for name, value in manifest.settings_of("local").items()},
        **{f"{service.upper()}_BUCKET_NAME": "test" for service in manifest.reaches},
        "USER_POOL_ID": "eu-west-1_test",
        "BLOCKED_TABLE_NAME": "test",
        "PLATFORM": PLATFORM,
        "PARKED_QUEUE_URL": "https://sqs.example.com/test",
        "POWERTOOLS_SERVICE_NAME": manifest.service,
        "POWERTOOLS_METRICS_NAMESPACE": "platform",
        **secrets,
    }


@pytest.mark.parametrize(("service", "bundle"), BUNDLES)
def test_every_handler_imports_only_from_its_bundle(
    host_bundles: dict[str, Path],
    tmp_path: Path,
    service: str,
    bundle: str | None,
) -> None:
    manifest = MANIFESTS[service]
    zipfile.ZipFile(host_bundles[manifest.bundle_key(bundle)]).extractall(tmp_path)
    functions = [function for function in manifest.functions.values() if function.bundle == bundle]
    assert functions

    # Each in a process of its own, as on AWS: what one of them imports must not help the others.
    for function in functions:
        result = subprocess.run(
            [sys.executable, "-I", "-S", "-c", IMPORT, str(tmp_path), function.handler],
            env=variables(manifest),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

        assert result.returncode == 0, result.stderr
        files = json.loads(result.stdout)
        # Only the bundle and the standard library.
        assert not [file for file in files if not file.startswith((str(tmp_path), sys.base_prefix))]
        if function.trigger != "http":
            assert not [file for file in files if "/fastapi/" in file], (
                f"{function.handler} imports FastAPI for nothing"
            )


@pytest.mark.parametrize("service", MANIFESTS)
def test_a_bundle_ships_no_other_service(host_bundles: dict[str, Path], service: str) -> None:
    names = zipfile.ZipFile(host_bundles[service]).namelist()
    shipped = {name.split("/")[1] for name in names if name.startswith("functions/")}

    assert shipped - {"__init__.py", "__pycache__"} == {"shared", service}


@pytest.mark.parametrize("service", MANIFESTS)
def test_a_bundle_is_small(host_bundles: dict[str, Path], service: str) -> None:
    assert host_bundles[service].stat().st_size <= SIZE_LIMIT_BYTES


@pytest.mark.parametrize(("service", "bundle"), BUNDLES)
def test_a_bundle_for_aws_is_small_and_has_its_processors_code(service: str, bundle: str | None) -> None:
    built = build_bundle(MANIFESTS[service], bundle=bundle, architecture="arm64")
    with zipfile.ZipFile(built) as archive:
        libraries = [archive.read(name)[:20] for name in archive.namelist() if name.endswith(".so")]

    assert built.stat().st_size <= (EXTRA_SIZE_LIMIT_BYTES if bundle else SIZE_LIMIT_BYTES)
    assert libraries
    # The machine of an ELF file: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
    assert {head[18:20] for head in libraries} == {b"\xb7\x00"}


def test_another_process_in_another_checkout_builds_the_same_bytes(
    host_bundles: dict[str, Path],
    tmp_path: Path,
) -> None:
    shutil.copytree(PROJECT / "functions", tmp_path / "functions")

    subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=PROJECT, check=True)

    again = tmp_path / host_bundles["users"].relative_to(PROJECT)
    assert again.read_bytes() == host_bundles["users"].read_bytes()


def test_a_changed_source_is_zipped_again_in_half_a_second(host_bundles: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "functions", tmp_path / "functions")
    build_bundle(MANIFESTS["users"], architecture="host", project=tmp_path)
    with (tmp_path / "functions" / "users" / "domain.py").open("a") as source:
        source.write("\nCHANGED = True\n")

    # CPU time of this process and its children, so that other load does not count.
    started = sum(os.times()[:4])
    build_bundle(MANIFESTS["users"], architecture="host", project=tmp_path)

    assert sum(os.times()[:4]) - started < 0.5


def test_a_client_that_boto3_does_not_know_is_named(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "functions", tmp_path / "functions")
    misspelt = MANIFESTS["users"].model_copy(update={"aws_clients": ("dynamodb", "event-bridge")})

    with pytest.raises(BundleError, match=r"functions/users/service\.toml: aws_clients: expected .* event-bridge$"):
        build_bundle(misspelt, architecture="host", project=tmp_path)


def test_only_the_clients_that_a_service_names_are_there(host_bundles: dict[str, Path]) -> None:
    names = zipfile.ZipFile(host_bundles["users"]).namelist()
    clients = {name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2}

    assert clients == set(MANIFESTS["users"].aws_clients)
