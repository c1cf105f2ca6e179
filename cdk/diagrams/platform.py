"""What the stacks of one environment are made of, in the words of the platform."""

from dataclasses import dataclass, field

from cdk.diagrams.stack_graph import Resource, Stacks


@dataclass(frozen=True, kw_only=True)
class Consumption:
    """What a service takes from the bus: of which source (None: of all) which types of events (empty: all)."""

    source: str | None
    types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service's stack.

    Attributes:
        paths: That the internal load balancer sends to it.
        publishes: Whether one of its roles may put events on the bus.
        uses: What its roles may do with another service's bucket: `reads` or `writes`, by the service.
        calls: The outside systems that its functions call.
    """

    name: str
    description: str
    paths: tuple[str, ...]
    functions: tuple[Resource, ...]
    tables: tuple[Resource, ...]
    buckets: tuple[Resource, ...]
    queues: tuple[Resource, ...]
    publishes: bool
    consumes: tuple[Consumption, ...]
    uses: dict[str, str] = field(default_factory=dict)
    calls: tuple[str, ...] = ()


def services_of(stacks: Stacks, prefix: str) -> list[Service]:
    """List the services: the stacks that have a function behind the alias `live`."""
    names = sorted({alias.stack for alias in stacks.of("AWS::Lambda::Alias")})
    return [_service(stacks, stack, prefix) for stack in names]


def _service(stacks: Stacks, stack: str, prefix: str) -> Service:
    functions = tuple(stacks.of("AWS::Lambda::Function", stack))
    rules = stacks.of("AWS::ElasticLoadBalancingV2::ListenerRule", stack)
    statements = [
        statement
        for policy in stacks.of("AWS::IAM::Policy", stack)
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]
    uses: dict[str, str] = {}
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for other in stacks.within(stack, statement["Resource"]):
            if other.type == "AWS::S3::Bucket" and other.stack != stack:
                does = "writes" if "s3:PutObject" in actions else "reads"
                uses[other.stack.removeprefix(f"{prefix}-")] = does
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
        tables=tuple(stacks.of("AWS::DynamoDB::Table", stack)),
        buckets=tuple(stacks.of("AWS::S3::Bucket", stack)),
        queues=tuple(stacks.of("AWS::SQS::Queue", stack)),
        publishes=any("events:PutEvents" in statement["Action"] for statement in statements),
        consumes=tuple(_consumptions(stacks, stack)),
        uses=uses,
        calls=tuple(function.metadata["calls"] for function in functions if "calls" in function.metadata),
    )


def _consumptions(stacks: Stacks, stack: str) -> list[Consumption]:
    found = []
    for rule in stacks.of("AWS::Events::Rule", stack):
        # What has no bus of ours takes AWS's own events, such as those of the service's bucket.
        if "EventBusName" in rule.properties:
            pattern = rule.properties["EventPattern"]
            [source] = pattern.get("source", [None])
            found.append(Consumption(source=source, types=tuple(pattern.get("detail-type", ()))))
    return found
