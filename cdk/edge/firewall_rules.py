"""The rules of AWS WAF: AWS managed rule groups, the rules that only count, and the answers to blocked requests."""

import json
from typing import Any

from aws_cdk import aws_wafv2 as waf

from cdk.gateway.problems import TOO_MANY_REQUESTS

FORBIDDEN = 403
# The window in which requests of an address are counted, and so the longest wait of a blocked client.
RATE_WINDOW_S = 300

# The groups in the order of evaluation, with their rules:
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-ip-rep.html
# WAF ignores the override of an unknown rule. A rule that AWS adds later blocks, too, but with AWS's own answer.
MANAGED_RULES: dict[str, tuple[str, ...]] = {
    # Its third rule, AWSManagedIPDDoSList, only counts by default.
    "AWSManagedRulesAmazonIpReputationList": ("AWSManagedIPReputationList", "AWSManagedReconnaissanceList"),
    "AWSManagedRulesKnownBadInputsRuleSet": (
        "ExploitablePaths_URIPATH",
        "Host_localhost_HEADER",
        "JavaDeserializationRCE_BODY",
        "JavaDeserializationRCE_HEADER",
        "JavaDeserializationRCE_QUERYSTRING",
        "JavaDeserializationRCE_URIPATH",
        "Log4JRCE_BODY",
        "Log4JRCE_HEADER",
        "Log4JRCE_QUERYSTRING",
        "Log4JRCE_URIPATH",
        "PROPFIND_METHOD",
        "ReactJSRCE_BODY",
    ),
    "AWSManagedRulesCommonRuleSet": (
        "CrossSiteScripting_BODY",
        "CrossSiteScripting_COOKIE",
        "CrossSiteScripting_QUERYARGUMENTS",
        "CrossSiteScripting_URIPATH",
        "EC2MetaDataSSRF_BODY",
        "EC2MetaDataSSRF_COOKIE",
        "EC2MetaDataSSRF_QUERYARGUMENTS",
        "EC2MetaDataSSRF_URIPATH",
        "GenericLFI_BODY",
        "GenericLFI_QUERYARGUMENTS",
        "GenericLFI_URIPATH",
        "GenericRFI_BODY",
        "GenericRFI_QUERYARGUMENTS",
        "GenericRFI_URIPATH",
        "NoUserAgent_HEADER",
        "RestrictedExtensions_QUERYARGUMENTS",
        "RestrictedExtensions_URIPATH",
        "SizeRestrictions_BODY",
        "SizeRestrictions_Cookie_HEADER",
        "SizeRestrictions_QUERYSTRING",
        "SizeRestrictions_URIPATH",
        "UserAgent_BadBots_HEADER",
    ),
}

# The API allows requests that match these rules, which protect pages that echo their input. A match is only counted.
COUNTED: dict[str, str] = {
    "CrossSiteScripting_BODY": "A name may hold any text; it is answered as JSON, which no browser runs.",
    "GenericLFI_BODY": "A name may hold dots and slashes; no service opens a file by it.",
    "GenericRFI_BODY": "A webhook's URL may have an IPv4 address; the service refuses those of private networks.",
    "NoUserAgent_HEADER": "HTTP asks no client to name itself, and machine clients often do not.",
    "SizeRestrictions_BODY": "It refuses more than 8 KB; the gateway has a limit of its own, and names it.",
}

# WAF supports only three content types, among them `application/json` but not `application/problem+json`.
# https://docs.aws.amazon.com/waf/latest/developerguide/customizing-the-response-for-blocked-requests.html
BODIES: dict[str, dict[str, Any]] = {
    "blocked": {
        "type": "urn:problem-type:request-blocked",
        "title": "The request was blocked",
        "status": FORBIDDEN,
        "detail": "The firewall takes the request for an attack. It reached no service and had no effect.",
    },
    "too-many-requests": {
        "type": "urn:problem-type:too-many-requests",
        "title": "Too many requests",
        "status": TOO_MANY_REQUESTS,
        "detail": "Your address has sent more than its share of requests. Wait before you send another.",
    },
}


def response_bodies() -> dict[str, waf.CfnWebACL.CustomResponseBodyProperty]:
    """Return the answers to blocked requests, by the keys that rules refer to."""
    return {
        key: waf.CfnWebACL.CustomResponseBodyProperty(content_type="APPLICATION_JSON", content=json.dumps(problem))
        for key, problem in BODIES.items()
    }


def block(key: str, **headers: str) -> waf.CfnWebACL.RuleActionProperty:
    """Return the action that blocks a request with one of the answers."""
    response = waf.CfnWebACL.CustomResponseProperty(
        response_code=BODIES[key]["status"],
        custom_response_body_key=key,
        response_headers=[
            waf.CfnWebACL.CustomHTTPHeaderProperty(name=name.replace("_", "-"), value=value)
            for name, value in {"cache_control": "no-store", **headers}.items()
        ],
    )
    return waf.CfnWebACL.RuleActionProperty(block=waf.CfnWebACL.BlockActionProperty(custom_response=response))


def managed_rule(
    name: str, priority: int, visible: waf.CfnWebACL.VisibilityConfigProperty
) -> waf.CfnWebACL.RuleProperty:
    """Return a rule for an AWS managed group that blocks with our answers."""
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=[
                    waf.CfnWebACL.RuleActionOverrideProperty(
                        name=rule,
                        action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
                        if rule in COUNTED
                        else block("blocked"),
                    )
                    for rule in MANAGED_RULES[name]
                ],
            ),
        ),
        visibility_config=visible,
    )
