"""The IAM actions and resources of calls of aliases and versions."""

from ministack.core import iam_actions

FUNCTION = "/2015-03-31/functions/orders"
ARN = "arn:aws:lambda:eu-west-1:000000000000:function:orders"


def action(method: str, path: str) -> str | None:
    found: str | None = iam_actions.extract_iam_action("lambda", method, path, {}, b"", {})
    return found


def resource(method: str, path: str, query: dict[str, list[str]]) -> str:
    return str(iam_actions.extract_resource_arn("lambda", method, path, {}, b"", query, "eu-west-1", "000000000000"))


def test_each_call_of_an_alias_has_its_own_action() -> None:
    assert action("GET", f"{FUNCTION}/aliases/live") == "lambda:GetAlias"
    assert action("PUT", f"{FUNCTION}/aliases/live") == "lambda:UpdateAlias"
    assert action("DELETE", f"{FUNCTION}/aliases/live") == "lambda:DeleteAlias"
    assert action("GET", f"{FUNCTION}/aliases") == "lambda:ListAliases"
    assert action("POST", f"{FUNCTION}/aliases") == "lambda:CreateAlias"
    assert action("POST", f"{FUNCTION}/invocations") == "lambda:InvokeFunction"


def test_an_invocation_is_authorized_on_the_version_that_it_names() -> None:
    assert resource("POST", f"{FUNCTION}/invocations", {"Qualifier": ["41"]}) == f"{ARN}:41"
    assert resource("POST", f"{FUNCTION}/invocations", {}) == ARN
    assert resource("GET", f"{FUNCTION}/aliases/live", {}) == ARN
