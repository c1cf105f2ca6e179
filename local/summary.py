"""The summary at the end of `make up`: the URLs, an example call, and the differences from AWS."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cdk.settings.environment import load_environment
from functions.shared.interface.names import CONSOLE_PATH
from local.demo_identities import MACHINES, PEOPLE, email_of
from local.settings import Settings
from local.stacks import Stack

# The CDK adds it to every stack; it is not a part of the platform.
_CDK_METADATA = "AWS::CDK::Metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """The resource types of a deployment: the count of each real type, and a sentence on each other type."""

    real: Mapping[str, int]
    stands_in: Mapping[str, str]
    left_out: Mapping[str, str]


def kinds(stacks: Iterable[Stack], stands_in: Mapping[str, str]) -> Kinds:
    """Sort the deployed resources into the three lists; `stands_in` comes from the embedded AWS."""
    stacks = tuple(stacks)
    deployed = Counter(resource.resource_type for stack in stacks for resource in stack.resources)
    deployed.pop(_CDK_METADATA, None)
    return Kinds(
        real={kind: count for kind, count in sorted(deployed.items()) if kind not in stands_in},
        stands_in={kind: stands_in[kind] for kind in sorted(deployed) if kind in stands_in},
        left_out=dict(sorted((kind, reason) for stack in stacks for kind, reason in stack.left_out.items())),
    )


def declared_stand_ins(settings: Settings) -> dict[str, str]:
    """Read the types that the running embedded AWS only imitates, each with the difference from AWS."""
    extensions = json.loads((settings.embedded_aws / "extensions.json").read_text(encoding="utf-8"))
    return {kind: sentence for extension in extensions for kind, sentence in extension["stands_in"].items()}


def render(settings: Settings, found: Kinds, paths: Mapping[str, str]) -> str:
    """Return the summary; `paths` maps each service to its path at the gateway."""
    ca_file = settings.ca_file
    callers = "|".join([*PEOPLE, *MACHINES, *load_environment(settings.environment).integrations])
    services = {service: path for service, path in paths.items() if path != CONSOLE_PATH}
    lines = [""]
    if len(services) < len(paths):
        lines += ["Console", f"  {settings.gateway_url}{CONSOLE_PATH}  (sign in as {_admin(settings)})", ""]
    lines += ["Services", f"  {'all':<12}{settings.gateway_url}/docs"]
    lines += [f"  {service:<12}{settings.gateway_url}{path}/docs" for service, path in services.items()]
    lines += [
        "",
        "Call a service",
        *(
            f'  curl --cacert {ca_file} -H "Authorization: Bearer $(make token as=admin)" {settings.gateway_url}{path}'
            for path in list(services.values())[-1:]
        ),
        f"  as={callers}; to sign in on a docs page, see {settings.identities_file}",
        "",
        "Parts",
        f"  {'dashboard':<12}http://127.0.0.1:{settings.traefik_port}/dashboard/",
        f"  {'AWS':<12}{settings.aws_endpoint_url}  (AWS_CA_BUNDLE={ca_file})",
        f"  {'for scripts':<12}{settings.platform_file}",
        "",
        f"Real on this machine ({sum(found.real.values())} resources of {len(found.real)} types)",
        *_wrapped(f"{kind} ({count})" if count > 1 else kind for kind, count in found.real.items()),
        "",
        "Imitated on this machine",
        *_reasons(found.stands_in),
        "",
        "Left out on this machine",
        *_reasons(found.left_out),
    ]
    return "\n".join(lines)


def _admin(settings: Settings) -> str:
    return f"{email_of('admin')}, password in {settings.identities_file}"


def _wrapped(items: Iterable[str], width: int = 100) -> list[str]:
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) + 2 <= width:
            lines[-1] += f", {item}"
        else:
            lines.append(f"  {item}")
    return lines or ["  nothing"]


def _reasons(reasons: Mapping[str, str]) -> list[str]:
    """Write each reason once, below the types that share it."""
    by_reason: dict[str, list[str]] = {}
    for kind, reason in reasons.items():
        by_reason.setdefault(reason, []).append(kind)
    lines: list[str] = []
    for reason, sharing in by_reason.items():
        lines += [*_wrapped(sharing), f"    {reason}"]
    return lines or ["  nothing"]
