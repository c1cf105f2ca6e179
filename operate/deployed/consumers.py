"""The consumers of a service: which function is meant, its queues, and the rules that fill them."""

from dataclasses import dataclass

from operate.errors import OperateError
from operate.target import Target

# What a service calls the function that takes what others tell it, whatever else it consumes.
USUAL = "consumer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A function that takes events, or other work, from a queue."""

    service: str
    function: str
    target: Target

    @property
    def queue(self) -> str:
        """The name of the queue that it takes from: its own, or a work queue of the service's."""
        return self.target.name_of(
            self.service, self.target.function(self.service, self.function).queue or self.function
        )

    @property
    def name(self) -> str:
        """How the consumer is called: `activity.consumer`."""
        return f"{self.service}.{self.function}"

    @property
    def queue_arn(self) -> str:
        """See `queue`."""
        return self._arn(self.queue)

    @property
    def dead_letter_queue(self) -> str:
        """The name of the queue of what it could not handle."""
        return f"{self.queue}-dlq"

    @property
    def dead_letter_queue_arn(self) -> str:
        """See `dead_letter_queue`."""
        return self._arn(self.dead_letter_queue)

    def rule_arns(self, bus: str) -> list[str]:
        """List the rules of a bus that put events into its queue.

        Raises:
            OperateError: There are none: it is not deployed.
        """
        events = self.target.client("events")
        pages = events.get_paginator("list_rule_names_by_target").paginate(TargetArn=self.queue_arn, EventBusName=bus)
        names = sorted(name for page in pages for name in page["RuleNames"])
        if not names:
            raise OperateError(f"No rule of the bus {bus} has {self.queue_arn} as its target: is it deployed?")
        return [str(events.describe_rule(Name=name, EventBusName=bus)["Arn"]) for name in names]

    def _arn(self, queue: str) -> str:
        return f"arn:aws:sqs:{self.target.environment.region}:{self.target.account}:{queue}"


def consumer_of(target: Target, service: str, function: str | None) -> Consumer:
    """Return the consumer that is meant: the one named, or the one that is called `consumer`, or the only one.

    Raises:
        OperateError: There is no such, or there are several and none was named.
    """
    consumers = target.manifest(service).functions_of("events")
    if function is None:
        if len(consumers) != 1 and USUAL not in consumers:
            hint = "; name one with --function" if consumers else ""
            raise OperateError(f"{service} has {_listed(list(consumers))}{hint}.")
        function = USUAL if USUAL in consumers else next(iter(consumers))
    elif target.function(service, function).trigger != "events":
        raise OperateError(f"{service}.{function} consumes no events; {service} has {_listed(list(consumers))}.")
    return Consumer(service=service, function=function, target=target)


def _listed(names: list[str]) -> str:
    return f"the consumers {', '.join(names)}" if names else "no consumer"
