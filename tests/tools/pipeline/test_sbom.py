"""The bill of materials names every locked package that is shipped."""

from tools.pipeline.sbom import ROOT, bill, locks, packages


def test_every_lock_of_the_functions_and_of_the_gateway_is_read() -> None:
    names = {str(lock.relative_to(ROOT)) for lock in locks()}

    assert {"functions/users/requirements.txt", "functions/files/requirements-images.txt"} <= names
    assert "cdk/gateway/requirements.txt" in names
    assert "requirements.txt" not in names


def test_a_package_has_its_version_its_digests_and_its_locks() -> None:
    lock = "Mangum==0.19.0 \\\n    --hash=sha256:" + "a" * 64 + " \\\n    --hash=sha256:" + "b" * 64 + "\n# a comment\n"

    assert list(packages(lock)) == [("mangum", "0.19.0", ["a" * 64, "b" * 64])]


def test_the_bill_has_each_package_once() -> None:
    made = bill()

    purls = [component["purl"] for component in made["components"]]
    assert len(purls) == len(set(purls))
    fastapi = next(component for component in made["components"] if component["name"] == "fastapi")
    assert fastapi["hashes"]
    assert {"name": "platform:lock", "value": "functions/users/requirements.txt"} in fastapi["properties"]
    assert made["specVersion"] == "1.6"
