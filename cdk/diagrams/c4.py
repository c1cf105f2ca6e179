"""The C4 diagrams of the system's context and containers: https://c4model.com."""

from cdk.diagrams.mermaid import Flowchart
from cdk.diagrams.services import Service, Subscription
from cdk.diagrams.stack_graph import Stacks

SYSTEM = "platform"
CLIENT = "client"


def context(stacks: Stacks, services: list[Service]) -> Flowchart:
    """Draw the users of the platform, and the outside systems that it calls or notifies."""
    chart = Flowchart()
    _callers(chart, stacks)
    chart.node(SYSTEM, "The platform", "software system", "Services behind one gateway, and the events between them.")
    _arrows_in(chart, stacks, sign_in=SYSTEM, entry=SYSTEM)
    for service in services:
        for called in service.calls:
            chart.node(called, called, "outside system", style="outside")
            chart.arrow(SYSTEM, called, f"{service.name}: HTTPS")
    for key, title, kind, label in _notified(stacks):
        chart.node(key, title, kind, style="outside")
        chart.arrow(SYSTEM, key, label)
    return chart


def containers(stacks: Stacks, services: list[Service]) -> Flowchart:
    """Draw the parts that run or store data, with their calls and events."""
    chart = Flowchart("LR")
    _callers(chart, stacks)
    with chart.frame(SYSTEM, "The platform"):
        chart.node("entry", "Entry", "AWS WAF, Application Load Balancer", "Ends TLS, refuses attacks.")
        chart.node("gateway", "Gateway", "Traefik on ECS Fargate", "Limits, ids, problem pages.")
        chart.node("internal", "Internal load balancer", "Application Load Balancer", "A rule for each service.")
        chart.node("pool", "User pool", "Amazon Cognito", "Signs people in, gives out tokens.")
        chart.node("bus", "Domain events", "EventBridge bus and archive", style="store")
        for service in services:
            _container(chart, service)
    _arrows_in(chart, stacks, sign_in="pool", entry="entry")
    chart.arrow("entry", "gateway", "HTTPS")
    chart.arrow("gateway", "internal", "HTTPS")
    for service in services:
        _arrows(chart, service)
    return chart


def _callers(chart: Flowchart, stacks: Stacks) -> None:
    for group in stacks.of_type("AWS::Cognito::UserPoolGroup"):
        name = group.properties["GroupName"]
        chart.node(f"group {name}", name, "person", group.properties["Description"], style="person")
    machines = [
        client.properties["ClientName"]
        for client in stacks.of_type("AWS::Cognito::UserPoolClient")
        if "client_credentials" in client.properties.get("AllowedOAuthFlows", [])
    ]
    chart.node(CLIENT, "API client", "software", *machines, "Has a token, of a person or of its own.", style="outside")


def _arrows_in(chart: Flowchart, stacks: Stacks, *, sign_in: str, entry: str) -> None:
    for group in stacks.of_type("AWS::Cognito::UserPoolGroup"):
        chart.arrow(f"group {group.properties['GroupName']}", CLIENT, "uses")
        if sign_in != entry:
            chart.arrow(f"group {group.properties['GroupName']}", sign_in, "signs in")
    chart.arrow(CLIENT, entry, "HTTPS")


def _container(chart: Flowchart, service: Service) -> None:
    names = ", ".join(map(service.name_of, service.functions))
    with chart.frame(f"frame {service.name}", service.name):
        chart.node(service.name, names, "Lambda, Python", service.description)
        for kind, stores in (("DynamoDB table", service.tables), ("S3 bucket", service.buckets)):
            if stores:
                key = f"{service.name} {kind}"
                chart.node(key, service.name, kind, style="store")
                chart.arrow(service.name, key)


def _arrows(chart: Flowchart, service: Service) -> None:
    if service.paths:
        chart.arrow("internal", service.name, *service.paths)
    if service.publishes:
        chart.arrow(service.name, "bus", "publishes")
    if service.consumes:
        chart.arrow("bus", service.name, *sorted({name for each in service.consumes for name in _event_names(each)}))
    for other, access in service.bucket_access.items():
        chart.arrow(service.name, f"{other} S3 bucket", access)
    for called in service.calls:
        chart.node(called, called, "outside system", style="outside")
        chart.arrow(service.name, called, "HTTPS")


def _notified(stacks: Stacks) -> list[tuple[str, str, str, str]]:
    """List the key, title, kind and arrow label of each recipient of alarms and budget notifications."""
    found = [
        ("on call by mail", "On call", "mailbox", "budget")
        for budget in stacks.of_type("AWS::Budgets::Budget")
        if budget.properties.get("NotificationsWithSubscribers")
    ]
    found += [("on call in chat", "On call", "chat", "alarms")] * bool(
        stacks.of_type("AWS::Chatbot::SlackChannelConfiguration")
    )
    return found


def _event_names(subscription: Subscription) -> tuple[str, ...]:
    return subscription.types or (f"every event{f' of {subscription.source}' if subscription.source else ''}",)
