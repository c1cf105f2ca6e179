"""Temporary projects with the files that the platform reads."""

from dataclasses import dataclass
from pathlib import Path

from cdk.settings.environment import ENVIRONMENTS, Environment, environment_names, load_environment
from cdk.settings.environment_sections import SlackChannel

ORDERS = """
description = "What customers want."
owner = "sales"
aws_clients = ["dynamodb"]

[http]

[secrets.cursor-key]
length = 40

[table]
partition_key = "pk"
time_to_live = "expires_at"

[[table.indexes]]
name = "by_state"
partition_key = "state"
sort_key = "order_id"

[functions.api]
handler = "functions.orders.api.handler"
trigger = "http"
memory_mb = 1024
timeout_s = 20
secrets = ["cursor-key"]
table_actions = ["GetItem", "PutItem"]
index_actions = ["Query"]

[functions.relay]
handler = "functions.orders.relay.handler"
trigger = "outbox"
publishes = ["OrderPlaced.v1"]
"""

LEDGER = """
description = "What was earned."
owner = "finance"
aws_clients = ["sqs"]

[table]
partition_key = "id"
sort_key = "at"

[functions.consumer]
handler = "functions.ledger.consumer.handler"
trigger = "events"
timeout_s = 30
consumes = ["orders/OrderPlaced.v1"]
table_actions = ["PutItem"]
"""

ALBUMS = """
description = "What people show."
owner = "media"
aws_clients = ["sqs"]

[bucket]
noncurrent_kept_days = 10

[[bucket.lifecycle]]
prefix = "drafts/"
kept_days = 3

[functions.viewer]
handler = "functions.albums.viewer.handler"
trigger = "objects"
timeout_s = 20
objects = ["drafts/", "photos/"]

[functions.viewer.bucket_actions]
"drafts/" = ["GetObjectVersion", "DeleteObject"]
"photos/" = ["PutObject"]
"""

PRINTS = """
description = "What people hang up."
owner = "media"
aws_clients = ["sqs"]

[functions.printer]
handler = "functions.prints.printer.handler"
trigger = "events"
consumes = ["*"]
reads_buckets = { albums = { "photos/" = ["GetObject", "GetObjectVersion"] } }

[functions.framer]
handler = "functions.prints.framer.handler"
trigger = "events"
consumes = ["*"]
writes_buckets = { albums = "drafts/" }
"""

AUDIT = """
description = "All that happened."
owner = "finance"
aws_clients = ["sqs"]

[functions.consumer]
handler = "functions.audit.consumer.handler"
trigger = "events"
consumes = ["*"]
"""

PARCELS = """
description = "What is on its way."
owner = "logistics"
aws_clients = ["sqs"]
ships_contracts = true

[settings]
speed_kmh = 80
stops = ["Hamburg", "Hanover"]
refrigerated = false

[settings_in.local]
speed_kmh = 8

[queues.labels]

[queues.long-hauls]
retention_days = 14
max_receives = 3

[functions.planner]
handler = "functions.parcels.planner.handler"
trigger = "events"
consumes = ["*"]
batch_size = 1
sends_to = ["labels", "long-hauls"]

[functions.printer]
handler = "functions.parcels.printer.handler"
trigger = "queue"
queue = "labels"
reserved_concurrency = 5

[functions.driver]
handler = "functions.parcels.driver.handler"
trigger = "queue"
queue = "long-hauls"
calls = "Carriers"
timeout_s = 60
batch_size = 1
max_concurrency = 7
sends_to = ["long-hauls"]
"""


@dataclass(frozen=True)
class Project:
    """A folder with services in it."""

    folder: Path

    def write(self, path: str, content: str) -> Path:
        """Write one file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
        return file

    def add_service(self, name: str, manifest: str, *modules: str) -> None:
        """Write a service's manifest and its modules, each with a handler that returns its own name."""
        self.write("functions/__init__.py", "")
        self.write(f"functions/{name}/__init__.py", "")
        self.write(f"functions/{name}/service.toml", manifest)
        for module in modules:
            source = f'"""The {module} of {name}."""\n\n\ndef handler(event, context):\n    return "{name}.{module}"\n'
            self.write(f"functions/{name}/{module}.py", source)

    def add_examples(self) -> None:
        """Write a publishing service, two consuming services, and two that share the bucket of one of them."""
        self.add_service("orders", ORDERS, "api", "relay")
        self.add_service("ledger", LEDGER, "consumer")
        self.add_service("audit", AUDIT, "consumer")
        self.add_service("albums", ALBUMS, "viewer")
        self.add_service("prints", PRINTS, "printer", "framer")
        self.write("events/orders/OrderPlaced.v1.schema.json", "{}")


def environments_of_examples(folder: Path = ENVIRONMENTS) -> list[Environment]:
    """Load every environment without its integrations: the scopes belong to services that a test project lacks.

    prod gets a channel: its file has none, since a workspace belongs to one account.
    """
    loaded = (load_environment(name, folder) for name in environment_names(folder))
    own = {"prod": {"chat": {"on-call": SlackChannel(workspace="T0123ABCD", channel="C0123ABCD")}}}
    return [each.model_copy(update={"integrations": {}, **own.get(each.name, {})}) for each in loaded]
