"""`make data-model`: write docs/data-model.md; with `--check`, say whether it is as it must be."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import environment_names, load_environment
from cdk.settings.manifests import PROJECT, load_manifests

if TYPE_CHECKING:
    from tools.data_model.measurement import Measurement

COMMAND = "make data-model"

# As a function has them; nothing of it reaches an AWS account.
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "POWERTOOLS_METRICS_NAMESPACE": "platform",
    "POWERTOOLS_SERVICE_NAME": "data-model",
}
_NOT_HERE = ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "TABLE_NAME")


def main(words: list[str] | None = None, project: Path = PROJECT) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is missing or old")
    arguments = parser.parse_args(words)
    try:
        measurements, text = _measured(project)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    from tools.data_model.page import PAGE  # noqa: PLC0415 - see _measured

    if not arguments.check:
        (project / PAGE).parent.mkdir(exist_ok=True)
        (project / PAGE).write_text(text, "utf-8")
        sys.stdout.write(f"✔ {PAGE}\n")
        return 0
    unmeasured = [(each.manifest.service, name) for each in measurements for name in each.unmeasured]
    for service, name in unmeasured:
        sys.stderr.write(f"✘ {name}: no access pattern calls it; add one to tests/{service}/access_patterns.py\n")
    if not (project / PAGE).is_file() or (project / PAGE).read_text("utf-8") != text:
        sys.stderr.write(f"✘ {PAGE}: not what the models, the repositories and the manifests say; run: {COMMAND}\n")
        return 1
    return 1 if unmeasured else 0


def _measured(project: Path) -> "tuple[list[Measurement], str]":
    """Measure every service, and write the page of it."""
    os.environ.update(_ENVIRONMENT)
    for name in _NOT_HERE:
        os.environ.pop(name, None)
    # After the environment, which the services read when they are imported.
    from tools.data_model.measurement import measure  # noqa: PLC0415
    from tools.data_model.page import page  # noqa: PLC0415
    from tools.data_model.recording import Recorder  # noqa: PLC0415

    recorder = Recorder()
    recorder.listen()
    measurements = [measure(manifest, project, recorder) for manifest in load_manifests(project)]
    return measurements, page(measurements, [load_environment(name) for name in environment_names()], project)


if __name__ == "__main__":
    sys.exit(main())
