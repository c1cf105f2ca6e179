"""`make data-model`: write docs/data-model.md."""

import os
import sys
from pathlib import Path

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import environment_names, load_environment
from cdk.settings.manifests import PROJECT, load_manifests
from tools.data_model.page import PAGE, page


def main(project: Path = PROJECT) -> int:
    """Write the page, or report the models that do not fit the manifests."""
    # PynamoDB and boto3 read it when the repositories are imported.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    try:
        text = page(load_manifests(project), [load_environment(name) for name in environment_names()], project)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    (project / PAGE).parent.mkdir(exist_ok=True)
    (project / PAGE).write_text(text, "utf-8")
    sys.stdout.write(f"✔ {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
