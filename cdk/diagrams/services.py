"""The services of one environment, read from their stacks."""

from dataclasses import dataclass, field

from cdk.diagrams.stack_graph import Resource, Stacks


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """The events that a rule takes from the bus: of one source (None: of all), of some types (empty: of all)."""

    source: str | None
    types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service's stack.

    Attributes:
        paths: The path patterns that the internal load balancer forwards to the service.
        publishes: Whether one of the service's roles may put events on the bus.
        bucket_access: Access of the service's roles to buckets of other services: `reads` or `writes`, by service.
        calls: The outside systems that the service's functions call.
    """

    name: str
    description: str
    paths: tuple[str, ...]
    functions: tuple[Resource, ...]
    tables: tuple[Resource, ...]
    buckets: tuple[Resource, ...]
    queues: tuple[Resource, ...]
    publishes: bool
    consumes: tuple[Subscription, ...]
    bucket_access: dict[str, str] = field(default_factory=dict)
    calls: tuple[str, ...] = ()

    def name_of(self, function: Resource) -> str:
        """Return a function's name in the manifest."""
        return str(function.properties["FunctionName"]).rpartition(f"{self.name}-")[2]


def services_of(stacks: Stacks, prefix: str) -> list[Service]:
    """List the services: the stacks that have an alias of a function."""
    names = sorted({alias.stack for alias in stacks.of_type("AWS::Lambda::Alias")})
    return [_service(stacks, stack, prefix) for stack in names]


def _service(stacks: Stacks, stack: str, prefix: str) -> Service:
    functions = tuple(stacks.of_type("AWS::Lambda::Function", stack))
    rules = stacks.of_type("AWS::ElasticLoadBalancingV2::ListenerRule", stack)
    statements = [
        statement
        for policy in stacks.of_type("AWS::IAM::Policy", stack)
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]
    bucket_access: dict[str, str] = {}
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for other in stacks.references_in(stack, statement["Resource"]):
            if other.type == "AWS::S3::Bucket" and other.stack != stack:
                access = "writes" if "s3:PutObject" in actions else "reads"
                bucket_access[other.stack.removeprefix(f"{prefix}-")] = access
    return Service(
        name=stack.removeprefix(f"{prefix}-"),
        description=stacks.descriptions[stack],
        paths=tuple(
            path
            for rule in rules
            for condition in rule.properties["Conditions"]
            for path in condition["PathPatternConfig"]["Values"]
        ),
        functions=functions,
        tables=tuple(stacks.of_type("AWS::DynamoDB::Table", stack)),
        buckets=tuple(stacks.of_type("AWS::S3::Bucket", stack)),
        queues=tuple(stacks.of_type("AWS::SQS::Queue", stack)),
        publishes=any("events:PutEvents" in statement["Action"] for statement in statements),
        consumes=tuple(_subscriptions(stacks, stack)),
        bucket_access=bucket_access,
        calls=tuple(function.metadata["calls"] for function in functions if "calls" in function.metadata),
    )


def _subscriptions(stacks: Stacks, stack: str) -> list[Subscription]:
    found = []
    for rule in stacks.of_type("AWS::Events::Rule", stack):
        # A rule without a bus takes AWS's own events, such as those of the service's bucket.
        if "EventBusName" in rule.properties:
            pattern = rule.properties["EventPattern"]
            [source] = pattern.get("source", [None])
            found.append(Subscription(source=source, types=tuple(pattern.get("detail-type", ()))))
    return found
