"""The consumers of a service: their queues, and the rules that send events to them."""

from dataclasses import dataclass

from functions.shared.interface.dead_letters import DEAD_LETTERS
from operate.errors import OperateError
from operate.target import Target

# The conventional name of the function that consumes other services' events.
USUAL = "consumer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A function that takes events, or other work, from a queue."""

    service: str
    function: str
    target: Target

    @property
    def queue(self) -> str:
        """The name of its queue: its own, or a work queue of the service."""
        return self.target.name_of(
            self.service, self.target.function(self.service, self.function).queue or self.function
        )

    @property
    def name(self) -> str:
        """Its name in messages: `activity.consumer`."""
        return f"{self.service}.{self.function}"

    @property
    def queue_arn(self) -> str:
        """The ARN of `queue`."""
        return self._arn(self.queue)

    @property
    def dead_letter_queue(self) -> str:
        """The name of its dead-letter queue."""
        return f"{self.queue}{DEAD_LETTERS}"

    @property
    def dead_letter_queue_arn(self) -> str:
        """The ARN of `dead_letter_queue`."""
        return self._arn(self.dead_letter_queue)

    def rule_arns(self, bus: str) -> list[str]:
        """List the rules of a bus that send events to its queue.

        Raises:
            OperateError: There is no such rule: the consumer is not deployed.
        """
        events = self.target.client("events")
        pages = events.get_paginator("list_rule_names_by_target").paginate(TargetArn=self.queue_arn, EventBusName=bus)
        names = sorted(name for page in pages for name in page["RuleNames"])
        if not names:
            raise OperateError(f"No rule of the bus {bus} sends events to {self.queue_arn}. Is {self.name} deployed?")
        return [str(events.describe_rule(Name=name, EventBusName=bus)["Arn"]) for name in names]

    def _arn(self, queue: str) -> str:
        return f"arn:aws:sqs:{self.target.environment.region}:{self.target.account}:{queue}"


def consumer_of(target: Target, service: str, function: str | None) -> Consumer:
    """Return the named consumer; without a name, the one called `consumer`, or the only one.

    Raises:
        OperateError: The consumer does not exist, or the service has several and no name was given.
    """
    consumers = target.manifest(service).functions_of("events")
    if function is None:
        if len(consumers) != 1 and USUAL not in consumers:
            hint = f". Choose one: function={next(iter(consumers))}" if consumers else ""
            raise OperateError(f"{service} has {_listed(list(consumers))}{hint}.")
        function = USUAL if USUAL in consumers else next(iter(consumers))
    elif target.function(service, function).trigger != "events":
        raise OperateError(f"{service}.{function} does not consume events. {service} has {_listed(list(consumers))}.")
    return Consumer(service=service, function=function, target=target)


def _listed(names: list[str]) -> str:
    return f"the consumers {', '.join(names)}" if names else "no consumer"
