"""`make contracts`: record the contracts as published and write their documents, unless a change is incompatible."""

import sys
from pathlib import Path

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.manifests import load_manifests
from tools.contracts.contract import PROJECT, load_contracts
from tools.contracts.documents import documents
from tools.contracts.record import records, refusals
from tools.contracts.references import ContractError
from tools.contracts.routes import orphans


def main(project: Path = PROJECT) -> int:
    """Write the files, or report the problems."""
    try:
        contracts, manifests = load_contracts(project), load_manifests(project)
        problems = [*refusals(contracts, project), *orphans(contracts, manifests)]
    except (ConfigurationError, ContractError) as error:
        sys.stderr.write(f"✘ {error}\n")
        return 1
    if problems:
        sys.stderr.write("".join(f"✘ {problem}\n" for problem in problems))
        return 1
    for name, text in (records(contracts) | documents(contracts, manifests)).items():
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        sys.stdout.write(f"✔ {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
