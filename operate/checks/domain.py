"""The domain's hosted zone and its delegation.

Without both, CloudFormation waits for the certificates until it times out, and does not report the cause.
"""

from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Finding, ok, problem
from operate.target import Target


def check_zone(target: Target, account: Account) -> Iterator[Finding]:
    """Check that the hosted zone exists, is public, contains the domain and is delegated."""
    environment = target.environment
    domain, zone_id, file = environment.domain, environment.hosted_zone_id, f"cdk/environments/{environment.name}.yaml"
    if _is_placeholder(domain):
        remedy = f"set `domain` and `hosted_zone_id` in {file} to those of your own domain"
        yield problem(f"{domain} is a placeholder", remedy=remedy)
        return
    zone = account.zone(zone_id)
    if zone is None:
        remedy = f"aws route53 list-hosted-zones, then set `domain` and `hosted_zone_id` in {file}"
        yield problem(f"the hosted zone {zone_id} does not exist", remedy=remedy)
    elif zone.is_private:
        remedy = f"set `hosted_zone_id` in {file} to a public zone"
        yield problem(f"the hosted zone {zone_id} is private", remedy=remedy)
    elif not f".{domain}".endswith(f".{zone.name}"):
        remedy = f"set `domain` or `hosted_zone_id` in {file}"
        yield problem(f"the hosted zone {zone_id} is for {zone.name}, which does not contain {domain}", remedy=remedy)
    else:
        yield _delegation(zone.name, zone.name_servers, account)


def _is_placeholder(domain: str) -> bool:
    """Return True for the names that are reserved for examples: https://www.rfc-editor.org/rfc/rfc2606."""
    labels = domain.lower().split(".")
    return labels[-1] in {"example", "test", "invalid", "localhost"} or (
        labels[-2:-1] == ["example"] and labels[-1] in {"com", "net", "org"}
    )


def _delegation(name: str, expected: frozenset[str], account: Account) -> Finding:
    found = account.name_servers(name)
    if found and found <= expected:
        return ok(f"{name} is delegated to its hosted zone")
    delegated = f"is delegated to {', '.join(sorted(found))}" if found else "is not delegated"
    remedy = f"in the domain above {name}, or at its registrar, set the name servers to: {', '.join(sorted(expected))}"
    return problem(f"{name} {delegated}, so AWS cannot validate certificates", remedy=remedy)
