"""Bundles of example services without dependencies, which build fast."""

import marshal
import multiprocessing
import os
import re
import sys
import zipfile
from importlib.util import source_from_cache
from pathlib import Path
from uuid import uuid4

import pytest

from cdk.bundles.bundle import CACHE, build_bundle, build_bundles, digest_of
from cdk.bundles.bundle_archive import BundleError, compiled
from cdk.settings.manifests import PROJECT, load_manifests
from tests.cdk.project import PARCELS, Project

# A small distribution of the project's own lock.
IDNA = next(
    entry
    for entry in re.split(r"\n(?=\S)", (PROJECT / "requirements.txt").read_text("utf-8"))
    if entry.startswith("idna==")
)


@pytest.fixture
def project(project: Project) -> Project:
    project.add_examples()
    project.write("functions/shared/__init__.py", "")
    project.write("functions/shared/clock.py", '"""Time."""\n')
    return project


def build(project: Project, service: str = "orders") -> Path:
    manifests = {manifest.service: manifest for manifest in load_manifests(project.folder)}
    return build_bundle(manifests[service], architecture="arm64", project=project.folder)


def names(bundle: Path) -> set[str]:
    return set(zipfile.ZipFile(bundle).namelist())


def test_a_bundle_contains_the_service_s_code_shared_code_and_bytecode(project: Project) -> None:
    sources = {
        "functions/__init__.py",
        "functions/shared/__init__.py",
        "functions/shared/clock.py",
        "functions/orders/__init__.py",
        "functions/orders/api.py",
        "functions/orders/relay.py",
    }

    held = names(build(project))

    assert {name for name in held if name.endswith(".py")} == sources
    assert len([name for name in held if name.endswith(".cpython-313.pyc")]) == len(sources)
    assert len(held) == 2 * len(sources)


def test_data_beside_the_code_is_shipped_too(project: Project) -> None:
    project.write("functions/shared/pages/index.html", "<p>")

    assert "functions/shared/pages/index.html" in names(build(project))


def test_only_a_bundle_that_requests_the_contracts_of_events_contains_them(project: Project) -> None:
    project.add_service("parcels", PARCELS, "planner", "printer", "driver")
    project.write("events/orders/OrderPlaced.v1.example.json", "{}")

    held = {name for name in names(build(project, "parcels")) if name.startswith("events/")}

    assert held == {"events/orders/OrderPlaced.v1.schema.json"}
    assert not [name for name in names(build(project, "orders")) if name.startswith("events/")]


def test_two_checkouts_give_the_same_bytes(project: Project, tmp_path: Path) -> None:
    elsewhere = Project(tmp_path / "somewhere" / "else" / "entirely")
    elsewhere.add_examples()
    elsewhere.write("functions/shared/__init__.py", "")
    elsewhere.write("functions/shared/clock.py", '"""Time."""\n')

    one, other = build(project), build(elsewhere)

    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()
    assert {entry.date_time for entry in zipfile.ZipFile(one).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_bytecode_names_no_folder_of_this_machine_and_is_never_checked_against_its_source(project: Project) -> None:
    bundle = zipfile.ZipFile(build(project))

    for name in bundle.namelist():
        if name.endswith(".pyc"):
            content = bundle.read(name)
            # Flags of a hash-based file that Python does not check: https://peps.python.org/pep-0552/
            assert content[4:8] == b"\x01\x00\x00\x00"
            code = marshal.loads(content[16:])  # noqa: S302 - compiled a moment ago, here
            assert code.co_filename == source_from_cache(name)


def test_bytecode_does_not_depend_on_interned_names() -> None:
    outer = f"Outer{uuid4().hex}"
    sources = [(f"{module}.py", f"class {outer}:\n    class Inner: ...\n".encode()) for module in ("first", "second")]

    before = compiled(sources)
    held = sys.intern(f"{outer}.Inner")

    assert compiled(sources) == before
    assert compiled(sources[1:]) == before[1:]
    assert held.startswith(outer)


def test_a_second_build_takes_the_cached_file(project: Project) -> None:
    first = build(project)
    file = first.stat().st_ino

    assert build(project) == first
    assert first.stat().st_ino == file


def test_a_change_of_a_source_gives_another_bundle_and_the_old_one_back_when_undone(project: Project) -> None:
    before = build(project)
    source = project.folder / "functions/orders/api.py"
    original = source.read_text("utf-8")

    source.write_text(original + "\nCHANGED = True\n", "utf-8")
    after = build(project)
    source.write_text(original, "utf-8")

    assert digest_of(after) != digest_of(before)
    assert build(project) == before


def test_a_change_of_one_service_leaves_the_others_alone(project: Project) -> None:
    before = build(project, "ledger")
    project.write("functions/orders/api.py", "def handler(event, context): ...\n")

    assert build(project, "ledger") == before


def test_a_source_that_does_not_compile_is_named(project: Project) -> None:
    project.write("functions/orders/api.py", "def handler(\n")

    with pytest.raises(BundleError, match=r"functions/orders/api\.py does not compile: .*never closed"):
        build(project)


def test_dependencies_that_cannot_be_installed_are_named(project: Project) -> None:
    project.write("functions/orders/requirements.txt", "no-such-distribution-anywhere==1.0\n")
    manifest = project.folder / "functions/orders/service.toml"
    manifest.write_text(f'dependencies = ["no-such-distribution-anywhere"]\n{manifest.read_text("utf-8")}', "utf-8")

    with pytest.raises(BundleError, match=r"functions/orders/requirements\.txt cannot be installed for arm64"):
        build(project)

    assert not list((project.folder / CACHE).iterdir())


def test_processes_that_build_at_once_do_not_disturb_each_other(project: Project) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        built = pool.map(build, [project] * 6)

    assert len(set(built)) == 1
    assert names(built[0])
    assert not [file for file in (project.folder / CACHE).iterdir() if file.suffix != ".zip"]


def test_bundles_that_were_not_used_for_long_are_deleted(project: Project) -> None:
    old = build(project)
    abandoned = project.folder / CACHE / ".building-killed"
    abandoned.mkdir()
    for path in (old, abandoned):
        os.utime(path, (0, 0))

    project.write("functions/orders/api.py", "def handler(event, context): ...\n")
    new = build(project)

    assert new.exists()
    assert not old.exists()
    assert not abandoned.exists()


def test_a_bundle_beside_the_service_s_own_has_its_own_lock_and_the_same_sources(project: Project) -> None:
    manifest = project.folder / "functions/orders/service.toml"
    manifest.write_text(f'{manifest.read_text("utf-8")}\n[bundles.heavy]\ndependencies = ["idna"]\n', "utf-8")
    project.write("functions/orders/requirements-heavy.txt", IDNA)

    built = build_bundles(load_manifests(project.folder), architecture="arm64", project=project.folder)

    own, heavy = names(built["orders"]), names(built["orders-heavy"])
    assert {name.partition("/")[0] for name in own} == {"functions"}
    assert "idna/core.py" in heavy
    assert heavy > own
    assert not [name for name in heavy if "requirements" in name]


def test_all_services_are_built_together(project: Project) -> None:
    manifests = load_manifests(project.folder)

    built = build_bundles(manifests, architecture="arm64", project=project.folder)

    assert built.keys() == {"albums", "audit", "ledger", "orders", "prints"}
    assert len(set(built.values())) == 5
