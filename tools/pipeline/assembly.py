"""The artefacts of a release: one archive for each environment, built once, and the list of their digests.

`python -m tools.pipeline.assembly release dev prod` synthesizes each environment into `release/<environment>.tar`.
"""

import hashlib
import shutil
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from operate.releases.cdk_cli import CdkCli
from tools.pipeline.github import set_output
from tools.pipeline.images import ImageError, save

DIGESTS = "SHA256SUMS"


class ArtefactError(Exception):
    """An artefact could not be built, or is not the one that was built."""


def build(folder: Path, environments: Sequence[str], cdk: CdkCli) -> str:
    """Synthesize environments and archive their cloud assemblies, with the code of all functions and the images.

    Returns:
        The SHA-256 of the list of digests, which identifies all artefacts.

    Raises:
        ArtefactError: The CDK or Docker failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for environment in environments:
        assembly = folder / environment
        if not cdk.synth(assembly.resolve(), {"environment": environment}):
            raise ArtefactError(f"The CDK could not synthesize {environment}.")
        try:
            save(assembly)
        except ImageError as error:
            raise ArtefactError(str(error)) from error
        archive = folder / f"{environment}.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(assembly, arcname=environment, filter=_without_times)
        lines.append(f"{digest(archive)}  {archive.name}\n")
    (folder / DIGESTS).write_text("".join(lines), "utf-8")
    return digest(folder / DIGESTS)


def unpack(folder: Path, environment: str, expected: str) -> Path:
    """Verify the artefacts by hash and unpack that of an environment; return the folder of its cloud assembly.

    Args:
        folder: The folder with the archives and the list of digests.
        environment: The environment.
        expected: The result of `build`.

    Raises:
        ArtefactError: A file is missing, or differs from the one that was built.
    """
    archive = folder / f"{environment}.tar"
    for file in (folder / DIGESTS, archive):
        if not file.is_file():
            raise ArtefactError(f"{file} is missing.")
    if (found := digest(folder / DIGESTS)) != expected:
        raise ArtefactError(f"{folder / DIGESTS} has the SHA-256 {found}, expected {expected or 'one'}.")
    if (line := f"{digest(archive)}  {archive.name}") not in (folder / DIGESTS).read_text("utf-8").splitlines():
        raise ArtefactError(f"{archive} is not the one that was built: {DIGESTS} has no line `{line}`.")
    # Files of an earlier assembly are in no list.
    shutil.rmtree(folder / environment, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / environment


def digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _without_times(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out the time and the owner, so that equal files give equal archives."""
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main(folder: str, *environments: str) -> int:
    """Build the artefacts; later jobs get the digest."""
    try:
        built = build(Path(folder), environments, CdkCli())
    except ArtefactError as error:
        sys.stderr.write(f"✘ {error}\n")
        return 1
    set_output("digest", built)
    sys.stdout.write(f"✔ {folder}/{DIGESTS} {built}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
