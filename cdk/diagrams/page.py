"""The diagrams of docs/architecture.md, and their insertion into the page."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from cdk.diagrams.c4 import containers, context
from cdk.diagrams.deployment import deployment, stack_order
from cdk.diagrams.mermaid import Flowchart
from cdk.diagrams.network import network_of
from cdk.diagrams.services import services_of
from cdk.diagrams.stack_graph import Stacks

PAGE = Path("docs/architecture.md")
# All diagrams show MAIN; OTHER appears in the network diagram, which differs there.
MAIN, OTHER = "prod", "dev"
_TEMPLATE = ".template.json"
_PLACE = re.compile(r"(?P<start><!-- diagram: (?P<name>[\w ]+) -->\n).*?(?P<end><!-- end of diagram -->)", re.DOTALL)


class PageError(Exception):
    """The page lacks the place of a diagram, or has a place for an unknown diagram."""


def draw_all(assembly: Path, prefix: str, other_prefix: str) -> dict[str, Flowchart]:
    """Draw every diagram from the stacks of `MAIN` and `OTHER`; the prefixes begin the names of these stacks.

    Returns:
        The diagrams, by the names of their places in the page.
    """
    stacks = _stacks(assembly, prefix)
    services = services_of(stacks, prefix)
    return {
        "context": context(stacks, services),
        "containers": containers(stacks, services),
        "deployment": deployment(stacks, services, dict(_regions(assembly))),
        "network": network_of(stacks),
        "network with NAT": network_of(_stacks(assembly, other_prefix)),
        "stacks": stack_order(stacks),
    }


def insert_diagrams(page: str, diagrams: Mapping[str, Flowchart]) -> str:
    """Return the page with each diagram in its place.

    Raises:
        PageError: The page's places do not match the diagrams.
    """
    places = [place["name"] for place in _PLACE.finditer(page)]
    if sorted(places) != sorted(diagrams):
        raise PageError(f"{PAGE} must have one place each for {', '.join(diagrams)}; it has {', '.join(places)}")
    return _PLACE.sub(lambda place: f"{place['start']}\n{diagrams[place['name']]}\n\n{place['end']}", page)


def _stacks(assembly: Path, prefix: str) -> Stacks:
    files = sorted(assembly.glob(f"{prefix}-*{_TEMPLATE}"))
    return Stacks({file.name.removesuffix(_TEMPLATE): json.loads(file.read_text("utf-8")) for file in files})


def _regions(assembly: Path) -> Iterator[tuple[str, str]]:
    for name, artifact in json.loads((assembly / "manifest.json").read_text("utf-8"))["artifacts"].items():
        if artifact["type"] == "aws:cloudformation:stack":
            yield name, artifact["environment"].rpartition("/")[2]
