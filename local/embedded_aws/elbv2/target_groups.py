"""Register the targets that a template gives a target group, if the load balancer may invoke them.

Relies on `alb.set_targets_for_group` and `lambda_svc.function_policy_for_arn`.
"""

from typing import Any

from ministack.services import alb, lambda_svc

from local.embedded_aws.cloudformation import Properties, after
from local.embedded_aws.extension import Extension, Hook

_PRINCIPAL = "elasticloadbalancing.amazonaws.com"


def _register(target_group_arn: str, old: Properties, new: Properties) -> None:
    targets = new.get("Targets") or []
    if new.get("TargetType") == "lambda":
        for target in targets:
            _refuse_unless_invocable(target["Id"])
    alb.set_targets_for_group(
        target_group_arn,
        [(target["Id"], int(target.get("Port") or new.get("Port") or 0)) for target in targets],
        [target["Id"] for target in old.get("Targets") or []],
    )


def _refuse_unless_invocable(function_arn: str) -> None:
    """Raise ValueError if the load balancer lacks the permission; RegisterTargets answers InvalidTarget then.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    """
    found = lambda_svc.function_policy_for_arn(function_arn)
    statements: list[dict[str, Any]] = found[0].get("Statement", []) if found else []
    if not any(_allows(statement) for statement in statements):
        raise ValueError(f"{_PRINCIPAL} has no permission to invoke the target {function_arn}")


def _allows(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = principal.get("Service") if isinstance(principal, dict) else None
    return statement.get("Effect") == "Allow" and _PRINCIPAL in (services if isinstance(services, list) else [services])


def _install() -> None:
    after("AWS::ElasticLoadBalancingV2::TargetGroup", _register)


EXTENSION = Extension(
    closes="CloudFormation dropped the Targets of a target group, and the load balancer answered 503.",
    hooks=(
        Hook(
            module="ministack.services.alb",
            name="set_targets_for_group",
            parameters=("tg_arn", "targets", "previous_ids"),
        ),
        Hook(module="ministack.services.lambda_svc", name="function_policy_for_arn", parameters=("resource_arn",)),
    ),
    install=_install,
)
