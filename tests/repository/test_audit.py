"""The weekly look-up of known vulnerabilities covers every lock."""

import itertools
import subprocess

import yaml

from tests.repository.files import ROOT, files


def locks() -> set[str]:
    """Return the tracked files that lock Python packages by hash."""
    texts = {file.relative_to(ROOT).as_posix(): file.read_text("utf-8") for file in files("*.txt")}
    return {path for path, text in texts.items() if "--hash=sha256:" in text}


def test_the_audit_reads_every_lock() -> None:
    planned = subprocess.run(["make", "-n", "audit"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607 - the make of this machine
    words = planned.replace("\\\n", " ").split()

    assert {after for before, after in itertools.pairwise(words) if before == "--requirement"} == locks()
    audited = {line.partition("--prefix ")[2] or "." for line in planned.splitlines() if line.startswith("npm audit")}
    assert audited == {path.parent.relative_to(ROOT).as_posix() for path in files("*package-lock.json")}


def test_a_changed_lock_is_audited_before_it_is_merged() -> None:
    # PyYAML reads the key `on` as true: https://yaml.org/type/bool.html.
    when = yaml.safe_load((ROOT / ".github/workflows/audit.yml").read_text("utf-8"))[True]

    assert "schedule" in when
    for event in ("push", "pull_request"):
        assert {"**/requirements*.txt", "local/uv.txt", "**/package-lock.json"} == set(when[event]["paths"])
    assert {lock for lock in locks() if not lock.rpartition("/")[2].startswith("requirements")} == {"local/uv.txt"}


def test_updates_are_proposed_for_every_list_of_requirements_and_only_after_a_week() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text("utf-8"))["updates"]
    of = {each["package-ecosystem"]: each for each in updates}
    wanted = {f"/{file.parent.relative_to(ROOT)}" for file in files("*requirements.in")} | {"/"}

    assert set(of) == {"github-actions", "npm", "pip"}
    assert set(of["pip"]["directories"]) == wanted
    npm = {f"/{file.parent.relative_to(ROOT)}".removesuffix(".") for file in files("*package.json")}
    assert set(of["npm"]["directories"]) == npm
    assert {each["cooldown"]["default-days"] for each in updates} == {7}
