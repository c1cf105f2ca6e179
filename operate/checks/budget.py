"""The address for alarms of the budget, which CloudFormation reads from SSM at the deployment."""

from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Finding, ok, problem
from operate.target import Target


def check_budget(target: Target, account: Account) -> Iterator[Finding]:
    """Check that the parameter of the address exists, and that CloudFormation can read it."""
    guardrails = target.environment.guardrails
    if guardrails is None or not guardrails.budget or guardrails.alert_address_parameter is None:
        return
    name, region = guardrails.alert_address_parameter, target.environment.region
    found = account.parameter(region, name)
    put = f"aws ssm put-parameter --region {region} --name {name} --type String --value <address>"
    if found is None:
        yield problem(f"the SSM parameter {name} does not exist in {region}, and the budget needs it", remedy=put)
    elif found.type != "String":
        # CloudFormation has no parameter type for a SecureString.
        text = f"the SSM parameter {name} is a {found.type}; CloudFormation reads only a String"
        yield problem(text, remedy=f"aws ssm delete-parameter --region {region} --name {name}, then {put}")
    elif "@" not in found.value:
        yield problem(f"the SSM parameter {name} contains no e-mail address", remedy=f"{put} --overwrite")
    else:
        yield ok(f"alarms of the budget go to the address in {name}")
