"""`python -m cdk.settings.check <environment>`: report wrong settings plainly, before the CDK wraps the messages."""

import sys

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests


def main(name: str) -> int:
    """Read the environment's file and every manifest; return 1 after the problems, one a line, if there are any."""
    problems = list[str]()
    for read in (lambda: load_environment(name), load_manifests):
        try:
            read()
        except ConfigurationError as error:
            problems += error.problems
    sys.stderr.write("".join(f"✘ {problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
