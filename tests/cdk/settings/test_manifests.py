"""`service.toml` files are found, and every problem in them is reported."""

import pytest

from cdk.gateway.documents import PATHS
from cdk.gateway.routers import PING_PATH
from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import environment_names
from cdk.settings.manifests import GATEWAY_PATHS, PROJECT, load_manifests
from tests.cdk.project import AUDIT, LEDGER, ORDERS, PARCELS, Project


def problems(project: Project) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_manifests(project.folder)
    return list(caught.value.problems)


def test_every_service_of_this_project_is_found_by_its_folder() -> None:
    found = [manifest.service for manifest in load_manifests()]

    assert found == sorted(file.parent.name for file in PROJECT.glob("functions/*/service.toml"))
    assert "users" in found


def test_a_manifest_is_read_whole(project: Project) -> None:
    project.add_examples()

    [orders] = [manifest for manifest in load_manifests(project.folder) if manifest.service == "orders"]

    assert (orders.service, orders.owner) == ("orders", "sales")
    assert orders.http
    assert orders.http.path == "/orders"
    assert orders.functions["relay"].memory_mb == 512
    assert orders.functions_of("outbox") == {"relay": orders.functions["relay"]}


def test_a_project_without_services_has_none(project: Project) -> None:
    assert load_manifests(project.folder) == ()


def test_a_folder_without_a_manifest_is_an_error(project: Project) -> None:
    project.add_examples()
    (project.folder / "functions/orders/service.toml").unlink()

    assert problems(project) == [
        (
            "functions/orders: expected a file service.toml; without it, the next `make up` deletes the service's"
            " stack and data. Restore the file, or delete the folder"
        ),
    ]


def test_shared_code_hidden_folders_and_left_bytecode_are_no_services(project: Project) -> None:
    project.add_examples()
    project.write("functions/shared/clock.py", "")
    project.write("functions/.cache/notes.txt", "")
    project.write("functions/__pycache__/__init__.cpython-313.pyc", "")
    project.write("functions/removed/lambdas/__pycache__/api.cpython-313.pyc", "")
    project.write("functions/removed/.DS_Store", "")

    found = [manifest.service for manifest in load_manifests(project.folder)]

    assert found == ["albums", "audit", "ledger", "orders", "prints"]


def test_all_errors_of_all_files_are_reported_at_once(project: Project) -> None:
    project.add_examples()
    project.add_service("orders", ORDERS.replace("memory_mb = 1024", "memory_mb = 64\ncpu = 2"), "api", "relay")
    project.add_service("ledger", LEDGER.replace('owner = "finance"', ""), "consumer")

    assert problems(project) == [
        "functions/ledger/service.toml: owner: missing; expected string (the team, for the tags)",
        "functions/orders/service.toml: functions.api.memory_mb: expected greater than or equal to 128, found 64",
        (
            "functions/orders/service.toml: functions.api.cpu: unknown key; expected one of: batch_size,"
            " bucket_actions, bundle, calls, consumes, finds_deactivated_people, handler, index_actions,"
            " invokes, max_concurrency, memory_mb, objects, platform_events, pool_actions, publishes, queue,"
            " reads_buckets, redrives_dead_letters, reserved_concurrency, secrets, sends_to, signs_people_in,"
            " table_actions, timeout_s, trigger, untested_actions, watches_platform, writes_buckets"
        ),
    ]


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "[http]",
            "[htp]",
            "htp: unknown key; expected one of: aws_clients, bucket, bundles, dependencies, description, functions,",
        ),
        ('trigger = "http"', 'trigger = "cron"', "functions.api.trigger: expected 'http', 'outbox', 'events',"),
        ('"GetItem", ', '"Get", ', "functions.api.table_actions.0: expected 'BatchGetItem',"),
        ("length = 40", 'length = "long"', "secrets.cursor-key.length: expected integer, unable to parse"),
        (
            'secrets = ["cursor-key"]',
            'secrets = ["key"]',
            "functions: api.secrets: expected names with a section; add [secrets.key]",
        ),
        ("[functions.relay]", "[functions.release-hook]", "functions: release-hook: expected another name"),
        ("publishes =", "consumes =", "functions.relay.consumes.0: expected"),
        ('publishes = ["OrderPlaced.v1"]', "", "functions.relay: publishes: expected at least one event"),
        (
            'publishes = ["OrderPlaced.v1"]',
            'publishes = ["OrderPlaced.v1"]\nplatform_events = ["aws.ecs"]',
            'functions.relay: consumes: expected at least one event with trigger = "events", and none with another',
        ),
        (
            "[http]",
            'operators_publish = ["OrderMoved.v1"]\n\n[http]',
            "operators_publish: expected the contract of the event in events/orders/OrderMoved.v1.schema.json, which",
        ),
        ("[http]", "", 'functions: expected exactly one with trigger = "http" if there is a section [http]'),
        ('"functions.orders.api.handler"', '"api.handler"', "functions.api.handler: expected"),
        ("[table]", "[table", "expected TOML in UTF-8"),
        (
            'trigger = "outbox"',
            'trigger = "outbox"\nbundle = "heavy"',
            "functions: relay.bundle: expected a name with a section; add [bundles.heavy]",
        ),
        (
            "[table]",
            '[bundles.heavy]\ndependencies = ["pillow"]\n\n[table]',
            "bundles.heavy.dependencies: expected functions/orders/requirements-heavy.txt to lock pillow; run: make",
        ),
        (
            'publishes = ["OrderPlaced.v1"]',
            'publishes = ["OrderPlaced.v1"]\nbucket_actions = { "all/" = ["GetObject"] }',
            "functions: relay: expected a section [bucket], because of bucket_actions or objects",
        ),
        (
            'publishes = ["OrderPlaced.v1"]',
            'publishes = ["OrderPlaced.v1"]\nobjects = ["all/"]',
            'functions.relay: objects: expected at least one prefix with trigger = "objects", and',
        ),
        (
            'publishes = ["OrderPlaced.v1"]',
            'publishes = ["OrderPlaced.v1"]\nbucket_actions = { all = ["GetObject"] }',
            "functions.relay.bucket_actions.all.[key]: expected text of the form",
        ),
        (
            'publishes = ["OrderPlaced.v1"]',
            'publishes = ["OrderPlaced.v1"]\nreads_buckets = { ledger = { "all/" = ["GetObject"] } }',
            "functions.relay.reads_buckets.ledger: expected a service with a section [bucket]",
        ),
        (
            'publishes = ["OrderPlaced.v1"]',
            'publishes = ["OrderPlaced.v1"]\nreads_buckets = { orders = { "all/" = ["GetObject"] } }',
            "functions.relay.reads_buckets.orders: expected another service",
        ),
        (
            'secrets = ["cursor-key"]',
            'secrets = ["cursor-key"]\nsigns_people_in = true',
            "functions.api.signs_people_in: expected http.path to be /console",
        ),
        (
            'secrets = ["cursor-key"]',
            'secrets = ["cursor-key"]\ninvokes = ["ledger/consumer"]',
            "functions.api.invokes: expected the HTTP function of another service, such as users/api; found ledger/",
        ),
        (
            'secrets = ["cursor-key"]',
            'secrets = ["cursor-key"]\ninvokes = ["orders/api"]',
            "functions.api.invokes: expected the HTTP function of another service, such as users/api; found orders/",
        ),
        (
            'publishes = ["OrderPlaced.v1"]',
            'publishes = ["OrderPlaced.v1"]\nwrites_buckets = { ledger = "all/" }',
            "functions.relay.writes_buckets.ledger: expected a service with a section [bucket]",
        ),
        (
            'publishes = ["OrderPlaced.v1"]',
            'publishes = ["OrderPlaced.v1"]\nwrites_buckets = { orders = "all/" }',
            "functions.relay.writes_buckets.orders: expected another service",
        ),
        (
            'publishes = ["OrderPlaced.v1"]',
            'publishes = ["OrderPlaced.v1"]\nuntested_actions = { "dynamodb:Scan" = "Once a year." }',
            "functions.relay: untested_actions: expected only actions that the function is granted, found dynamo",
        ),
        (
            'owner = "sales"',
            'owner = "Sales!"',
            "owner: expected text of the form ^[a-z][a-z0-9-]{0,23}$, found 'Sales!'",
        ),
        (
            'description = "What customers want."',
            'description = ""',
            "description: expected at least 1 character, found ''",
        ),
        (
            'secrets = ["cursor-key"]',
            'secrets = "cursor-key"',
            "functions.api.secrets: expected list, found 'cursor-key'",
        ),
        ("[http]", 'http = "/orders"', "http: expected keys and values, found '/orders'"),
        (
            "description",
            'service = "other"\ndescription',
            "service: unknown key; the name of the folder is the name of the service",
        ),
    ],
)
def test_a_wrong_value_is_named_with_file_key_and_expectation(
    project: Project,
    before: str,
    after: str,
    problem: str,
) -> None:
    project.add_examples()
    project.add_service("orders", ORDERS.replace(before, after, 1), "api", "relay")

    found = problems(project)

    assert any(line.startswith("functions/orders/service.toml: ") and problem in line for line in found), found


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('queue = "labels"', "", "functions.printer: queue: expected the name of a queue with trigger"),
        ('queue = "labels"', 'queue = "lables"', "expected a section [queues.lables]"),
        ('sends_to = ["labels", ', 'sends_to = ["lables", ', "expected a section [queues.lables]"),
        ("[queues.labels]", "[queues.labels]\n[queues.idle]", "queues.idle: expected exactly one function"),
        ('queue = "long-hauls"', 'queue = "labels"', "queues.labels: expected exactly one function"),
        ("retention_days = 14", "retention_days = 15", "queues.long-hauls.retention_days: expected less than or"),
        ("max_receives = 3", "max_receives = 0", "queues.long-hauls.max_receives: expected greater than or"),
        ("batch_size = 1\nmax", "batch_size = 11\nmax", "functions.driver.batch_size: expected less than or"),
        (
            "max_concurrency = 7",
            "max_concurrency = 7\nreserved_concurrency = 6",
            "max_concurrency: expected at most reserved_",
        ),
        (
            "reserved_concurrency = 5",
            "reserved_concurrency = 1",
            "functions.printer: reserved_concurrency: expected at least 2 for a function with a queue, found 1",
        ),
        ("max_concurrency = 7", "max_concurrency = 1", "functions.driver.max_concurrency: expected greater than or"),
        (
            "speed_kmh = 8\n\n",
            'speed_kmh = "slow"\n\n',
            "settings_in: local.speed_kmh: expected a setting of [settings]",
        ),
        ("speed_kmh = 8\n\n", "speed = 8\n\n", "settings_in: local.speed: expected a setting of [settings]"),
        (
            "[settings_in.local]",
            "[settings_in.lcoal]",
            f"settings_in: expected names of environments, {', '.join(environment_names())}",
        ),
        ("speed_kmh = 80", "speed_kmh = {}", "settings.speed_kmh"),
        (
            "functions.planner]",
            "functions.labels]",
            "queues.labels: expected another name; the queue of the function labels",
        ),
    ],
)
def test_a_queue_or_setting_that_does_not_fit_is_rejected(
    project: Project, before: str, after: str, problem: str
) -> None:
    assert before in PARCELS
    project.add_service("parcels", PARCELS.replace(before, after, 1), "planner", "printer", "driver")

    found = problems(project)

    assert any(line.startswith("functions/parcels/service.toml: ") and problem in line for line in found), found


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('aws_clients = ["sqs"]', "aws_clients = []", 'aws_clients: expected "sqs" in the list, with which planner'),
        (
            'queue = "labels"',
            'queue = "labels"\nbundle = "heavy"',
            'bundles.heavy.aws_clients: expected "sqs" in the list, with which printer sends dead letters',
        ),
    ],
)
def test_a_function_with_a_queue_has_the_client_for_dead_letters_in_its_own_bundle(
    project: Project, before: str, after: str, problem: str
) -> None:
    assert before in PARCELS
    heavy = '[bundles.heavy]\ndependencies = ["pillow"]\naws_clients = ["s3"]\n'
    project.add_service("parcels", PARCELS.replace(before, after, 1) + heavy, "planner", "printer", "driver")

    assert any(problem in line for line in problems(project)), problems(project)


def test_only_a_function_that_a_queue_starts_has_batches(project: Project) -> None:
    project.add_examples()
    project.add_service(
        "orders", ORDERS.replace('trigger = "http"', 'trigger = "http"\nbatch_size = 2'), "api", "relay"
    )

    assert problems(project) == [
        (
            "functions/orders/service.toml: functions.api: batch_size, max_concurrency:"
            " expected only with trigger events, objects or queue"
        ),
    ]


def test_a_handler_without_its_module_is_refused(project: Project) -> None:
    project.add_examples()
    (project.folder / "functions/orders/api.py").unlink()

    assert problems(project) == [
        (
            "functions/orders/service.toml: functions.api.handler: expected a file functions/orders/api.py,"
            " which does not exist"
        ),
    ]


def test_a_misspelled_handler_is_refused_with_the_name_that_is_meant(project: Project) -> None:
    project.add_examples()
    project.write("functions/orders/api.py", "def handlr(event, context): ...")

    assert problems(project) == [
        (
            "functions/orders/service.toml: functions.api.handler: expected a name in functions/orders/api.py,"
            " found 'handler'; did you mean 'handlr'?"
        ),
    ]


def test_a_handler_of_another_service_is_refused(project: Project) -> None:
    project.add_examples()
    project.add_service("ledger", LEDGER.replace("functions.ledger.", "functions.orders."), "consumer")

    assert problems(project) == [
        (
            "functions/ledger/service.toml: functions.consumer.handler: expected a module in functions.ledger,"
            " found 'functions.orders.consumer.handler'"
        ),
    ]


def test_events_without_a_contract_can_be_neither_published_nor_consumed(project: Project) -> None:
    project.add_examples()
    (project.folder / "events/orders/OrderPlaced.v1.schema.json").unlink()

    contract = "expected the contract of the event in events/orders/OrderPlaced.v1.schema.json, which does not exist"
    assert problems(project) == [
        f"functions/ledger/service.toml: functions.consumer.consumes: {contract}",
        f"functions/orders/service.toml: functions.relay.publishes: {contract}",
    ]


@pytest.mark.parametrize("lock", [None, "mangum==1.0 \\\n    --hash=sha256:ab\n"])
def test_dependencies_must_be_locked(project: Project, lock: str | None) -> None:
    project.add_examples()
    project.add_service("ledger", f'dependencies = ["FastAPI", "typing_extensions[x]"]\n{LEDGER}', "consumer")
    if lock:
        project.write("functions/ledger/requirements.txt", lock)

    assert problems(project) == [
        (
            "functions/ledger/service.toml: dependencies: expected functions/ledger/requirements.txt to lock"
            " fastapi, typing-extensions; run: make lock"
        ),
    ]


def test_locked_dependencies_are_found_in_any_spelling(project: Project) -> None:
    project.add_examples()
    project.add_service("ledger", f'dependencies = ["FastAPI", "typing_extensions[x]"]\n{LEDGER}', "consumer")
    project.write("functions/ledger/requirements.txt", "fastapi==1.0 \\\n  --hash=x\ntyping-extensions==2.0 ; y\n")

    assert load_manifests(project.folder)


@pytest.mark.parametrize("path", ["/orders", "/orders/archive"])
def test_two_services_cannot_answer_one_path(project: Project, path: str) -> None:
    project.add_examples()
    project.add_service("archive", ORDERS.replace("orders.", "archive."), "api", "relay")
    project.write("events/archive/OrderPlaced.v1.schema.json", "{}")
    manifest = project.folder / "functions/archive/service.toml"
    manifest.write_text(manifest.read_text("utf-8").replace("[http]", f'[http]\npath = "{path}"'), "utf-8")

    assert problems(project) == [
        (
            "functions/orders/service.toml: http.path: expected a path of its own; /orders overlaps"
            f" {path} of functions/archive/service.toml"
        ),
    ]


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/ping", "/ping/pong"])
def test_a_service_cannot_answer_a_path_of_the_gateway_s_own(project: Project, path: str) -> None:
    project.add_examples()
    manifest = project.folder / "functions/orders/service.toml"
    manifest.write_text(manifest.read_text("utf-8").replace("[http]", f'[http]\npath = "{path}"'), "utf-8")

    [problem] = problems(project)
    assert problem.startswith(f"functions/orders/service.toml: http.path: expected a path of its own; {path} overlaps")
    assert problem.endswith("of the gateway")


def test_the_paths_of_the_gateway_are_those_that_it_answers() -> None:
    assert {*GATEWAY_PATHS, "/"} == {path for path in PATHS if path.count("/") == 1} | {PING_PATH}


@pytest.mark.parametrize("name", ["network", "events", "backup", "trail"])
def test_a_service_cannot_have_a_name_of_the_platform_s_own(project: Project, name: str) -> None:
    project.add_service(name, AUDIT.replace("functions.audit", f"functions.{name}"), "consumer")

    with pytest.raises(ConfigurationError) as caught:
        load_manifests(project.folder)

    [problem] = caught.value.problems
    assert problem.startswith(
        f"functions/{name}/service.toml: expected another folder than {name!r}; the platform uses"
    )


@pytest.mark.parametrize("name", ["o", "Orders", "orders_archive", "ordersandarchive", "1orders"])
def test_a_folder_with_a_name_that_aws_does_not_allow_is_rejected(project: Project, name: str) -> None:
    project.add_examples()
    project.add_service(name, ORDERS, "api", "relay")

    assert any(f"functions/{name}/service.toml: service: expected" in line for line in problems(project))
