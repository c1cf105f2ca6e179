"""Whether the domain is ours: its zone, its delegation, and who may issue certificates for it."""

from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Check, Finding, ok, wrong
from operate.checks.plan import Plan

# https://www.rfc-editor.org/rfc/rfc2606
_RESERVED = ("example.com", "example.net", "example.org", "example", "test", "invalid", "localhost")
# https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
_AMAZON = frozenset({"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"})


def _zone(plan: Plan, account: Account) -> Iterator[Finding]:
    domain, file = plan.environment.domain, f"cdk/environments/{plan.environment.name}.yaml"
    if any(f".{domain}".endswith(f".{name}") for name in _RESERVED):
        yield wrong(f"{domain} is a name for examples, which nobody can have", do=f"set `domain` in {file}")
        return
    for zone_id in plan.zones:
        zone = account.zone(zone_id)
        if zone is None:
            do = f"aws route53 list-hosted-zones-by-name --dns-name {domain}, then set `hosted_zone_id` in {file}"
            yield wrong(f"there is no hosted zone {zone_id}", do=do)
        elif zone.is_private:
            yield wrong(f"the hosted zone {zone_id} is private", do=f"set `hosted_zone_id` in {file} to a public one")
        elif not f".{domain}".endswith(f".{zone.name}"):
            do = f"set `domain` or `hosted_zone_id` in {file}"
            yield wrong(f"the hosted zone {zone_id} is of {zone.name}, which {domain} is not below", do=do)
        else:
            yield from _delegation(zone.name, zone.name_servers, account)


def _delegation(name: str, ours: frozenset[str], account: Account) -> Iterator[Finding]:
    public = account.name_servers(name)
    if public and public <= ours:
        yield ok(f"{name} is delegated to its hosted zone")
        return
    asked = f"whoever has the domain above {name}, its registrar perhaps, must name: {', '.join(sorted(ours))}"
    said = f"to {', '.join(sorted(public))}" if public else "to nobody"
    yield wrong(f"{name} is delegated {said}, so no certificate can be proved", do=asked)


def _certificates(plan: Plan, account: Account) -> Iterator[Finding]:
    for name in plan.certificate_names:
        # The nearest record above a name holds: https://www.rfc-editor.org/rfc/rfc8659#section-3
        parents = [name.split(".", depth)[-1] for depth in range(name.count("."))]
        allowed = next((found for parent in parents if (found := account.certificate_authorities(parent))), frozenset())
        if allowed and not allowed & _AMAZON:
            do = f'add a CAA record to {name}: 0 issue "amazon.com"'
            yield wrong(f"the CAA records allow Amazon no certificate for {name}", do=do)
        else:
            yield ok(f"Amazon may issue a certificate for {name}")


CHECKS = (
    Check(name="zone", look=_zone),
    Check(name="certificates", look=_certificates),
)
