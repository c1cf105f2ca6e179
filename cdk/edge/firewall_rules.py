"""What AWS WAF refuses: AWS's own rules, those of them that are only counted, and what the refused are told."""

import json
from typing import Any

from aws_cdk import aws_wafv2 as waf

from cdk.gateway.problems import TOO_MANY_REQUESTS

FORBIDDEN = 403
# The window in which requests of an address are counted, and thus how long one waits at the most.
RATE_WINDOW_S = 300

# The groups in the order in which they are asked, with their rules:
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-ip-rep.html
# WAF ignores an override of a rule that does not exist; a rule that AWS adds refuses, too, with AWS's own page.
MANAGED_RULES: dict[str, tuple[str, ...]] = {
    # Its third rule, AWSManagedIPDDoSList, counts by itself.
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

# What the API allows: these rules are made for pages that show what they are sent. They count, in metrics and logs.
COUNTED: dict[str, str] = {
    "CrossSiteScripting_BODY": "A name may hold any text; it is answered as JSON, which no browser runs.",
    "GenericLFI_BODY": "A name may hold dots and slashes; no service opens a file by it.",
    "GenericRFI_BODY": "A webhook's URL may have an IPv4 address; the service refuses those of private networks.",
    "NoUserAgent_HEADER": "HTTP asks no client to name itself, and machine clients often do not.",
    "SizeRestrictions_BODY": "It refuses more than 8 KB; the gateway has a limit of its own, and names it.",
}

# WAF sends no content type but its three, of which this is JSON's: what it sends is a problem but for `problem+json`.
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
    """Describe the answers, by the keys that rules name."""
    return {
        key: waf.CfnWebACL.CustomResponseBodyProperty(content_type="APPLICATION_JSON", content=json.dumps(problem))
        for key, problem in BODIES.items()
    }


def block(key: str, **headers: str) -> waf.CfnWebACL.RuleActionProperty:
    """Refuse with one of the answers."""
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
    """Ask a group of AWS's rules, and answer for it."""
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
