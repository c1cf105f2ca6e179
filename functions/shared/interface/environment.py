"""Environment variables of the functions: content, condition, writer and readers of each.

Tests compare this list with the synthesized templates and with the code. No function imports it.
"""

from dataclasses import dataclass
from typing import Literal

# `text`, `integer`, `json`, and comma-separated `list`. CloudFormation fills in a `reference`: a name, an ARN or a URL.
type Kind = Literal["text", "integer", "list", "json", "reference"]
# `always`: every function. A trigger: the functions that it starts. `table`, `bucket`: every function of a service that
# has one. `queue`: the functions that a queue starts. `pool`: those that verify tokens or end sign-ins. `people`: those
# of `pool`, and those that look for deactivated people. `sign-in`: those with `signs_people_in` in the manifest.
# `platform`: those with `watches_platform` or `redrives_dead_letters`. `each`: one variable for each entry of the
# manifest that the name in angle brackets stands for. `hook`: only the function that judges the new versions of a
# service. `runtime`: no template sets it.
type Condition = Literal[
    "always", "http", "outbox", "events", "queue", "table", "bucket", "each", "pool", "people", "sign-in", "platform",
    "hook", "runtime",
]  # fmt: skip

LAMBDA = "AWS Lambda"
# Any module of a service.
SERVICES = "functions.<service>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable, or one for each entry of a manifest.

    Attributes:
        name: As the code reads it; an entry of the manifest replaces a part in angle brackets, in capitals and with
            underscores.
        kind: The type of the value.
        given: The condition under which a function has the variable.
        content: A description of the value.
        set_by: The module that writes the variable into the template; for `runtime`, the module or service that sets
            it.
        read_by: The modules that read it.
    """

    name: str
    kind: Kind
    given: Condition
    content: str
    set_by: str
    read_by: tuple[str, ...]


_POWERTOOLS = ("aws_lambda_powertools.shared.constants",)

VARIABLES = (
    Variable(
        name="SERVICE",
        kind="text",
        given="always",
        content="The service's name; dead letters state it.",
        set_by="cdk.service.function",
        read_by=("functions.shared.messaging.queue_batch",),
    ),
    Variable(
        name="FUNCTION",
        kind="text",
        given="always",
        content="The function's name in the manifest; dead letters and metrics state it.",
        set_by="cdk.service.function",
        read_by=("functions.shared.messaging.queue_batch", "functions.shared.observability"),
    ),
    Variable(
        name="ENVIRONMENT",
        kind="text",
        given="always",
        content="The environment's name.",
        set_by="cdk.service.function",
        read_by=(SERVICES,),
    ),
    Variable(
        name="POWERTOOLS_SERVICE_NAME",
        kind="text",
        given="always",
        content="The service's name in log lines and as the dimension of metrics.",
        set_by="cdk.service.function",
        read_by=_POWERTOOLS,
    ),
    Variable(
        name="POWERTOOLS_METRICS_NAMESPACE",
        kind="text",
        given="always",
        content="The namespace of the metrics that functions write.",
        set_by="cdk.service.function",
        read_by=_POWERTOOLS,
    ),
    Variable(
        name="POWERTOOLS_LOG_LEVEL",
        kind="text",
        given="always",
        content="The lowest level that the logger writes.",
        set_by="cdk.service.function",
        read_by=_POWERTOOLS,
    ),
    Variable(
        name="SETTING_<SETTING>",
        kind="json",
        given="each",
        content="A value of [settings], or of [settings_in.<environment>].",
        set_by="cdk.service.function",
        read_by=("functions.shared.aws.settings",),
    ),
    Variable(
        name="SECRET_<SECRET>_ARN",
        kind="reference",
        given="each",
        content="The ARN of a secret that the function's `secrets` lists.",
        set_by="cdk.service.secret",
        read_by=("functions.shared.aws.secret_values",),
    ),
    Variable(
        name="TABLE_NAME",
        kind="reference",
        given="table",
        content="The name of the service's table.",
        set_by="cdk.service.service_stack",
        read_by=(SERVICES,),
    ),
    Variable(
        name="BUCKET_NAME",
        kind="reference",
        given="bucket",
        content="The name of the service's bucket.",
        set_by="cdk.service.bucket",
        read_by=(SERVICES,),
    ),
    Variable(
        name="<SERVICE>_BUCKET_NAME",
        kind="reference",
        given="each",
        content="The name of another service's bucket, for `reads_buckets` and `writes_buckets`.",
        set_by="cdk.service.bucket",
        read_by=(SERVICES,),
    ),
    Variable(
        name="QUEUE_<QUEUE>_URL",
        kind="reference",
        given="each",
        content="The URL of a work queue that the function's `sends_to` lists.",
        set_by="cdk.service.work_queue",
        read_by=("functions.shared.messaging.work_queue",),
    ),
    Variable(
        name="DEAD_LETTER_QUEUE_URL",
        kind="reference",
        given="queue",
        content="The URL of the dead-letter queue of the queue that starts the function.",
        set_by="cdk.service.work_queue",
        read_by=("functions.shared.messaging.dead_letter_queue",),
    ),
    Variable(
        name="MAX_RECEIVES",
        kind="integer",
        given="queue",
        content="The receives after which SQS moves a message to the dead-letter queue.",
        set_by="cdk.service.work_queue",
        read_by=("functions.shared.messaging.dead_letter_queue",),
    ),
    Variable(
        name="CONSUMES",
        kind="list",
        given="events",
        content="The events that the function consumes, as `<service>/<type>`, or `*` for every event.",
        set_by="cdk.service.service_stack",
        read_by=("functions.shared.messaging.consumer",),
    ),
    Variable(
        name="PUBLISHES",
        kind="list",
        given="outbox",
        content="The events that the relay may publish, as `<service>/<type>`.",
        set_by="cdk.service.outbox_relay",
        read_by=("functions.shared.messaging.event_bus",),
    ),
    Variable(
        name="BUS_NAME",
        kind="reference",
        given="outbox",
        content="The name of the event bus.",
        set_by="cdk.service.outbox_relay",
        read_by=("functions.shared.messaging.event_bus",),
    ),
    Variable(
        name="PARKED_QUEUE_URL",
        kind="reference",
        given="outbox",
        content="The URL of the queue for events that cannot be published.",
        set_by="cdk.service.outbox_relay",
        read_by=("functions.shared.messaging.event_bus",),
    ),
    Variable(
        name="USER_POOL_ID",
        kind="reference",
        given="pool",
        content="The id of the user pool, which ends the issuer of access tokens.",
        set_by="cdk.service.service_access",
        read_by=("functions.shared.auth.user_pool", SERVICES),
    ),
    Variable(
        name="BLOCKED_TABLE_NAME",
        kind="reference",
        given="people",
        content="The name of the table of blocked people; their tokens are refused although they are valid.",
        set_by="cdk.service.service_access",
        read_by=("functions.shared.auth.blocked_people", "functions.shared.auth.deactivated_people", SERVICES),
    ),
    Variable(
        name="USER_POOL_CLIENTS",
        kind="reference",
        given="http",
        content="The ids, separated by commas, of the clients from which the function accepts people's tokens.",
        set_by="cdk.service.service_access",
        read_by=("functions.shared.auth.access_tokens",),
    ),
    Variable(
        name="DOCS_CLIENT_ID",
        kind="reference",
        given="http",
        content="The id of the client with which the docs page signs people in.",
        set_by="cdk.service.service_access",
        read_by=("functions.shared.http.documentation",),
    ),
    Variable(
        name="SIGN_IN_URL",
        kind="reference",
        given="http",
        content="The URL of the user pool's domain, where people sign in and clients get tokens.",
        set_by="cdk.service.service_access",
        read_by=("functions.shared.auth.user_pool",),
    ),
    Variable(
        name="CONSOLE_CLIENT_ID",
        kind="reference",
        given="sign-in",
        content="The id of the client with which the console signs people in.",
        set_by="cdk.service.service_access",
        read_by=(SERVICES,),
    ),
    Variable(
        name="PLATFORM",
        kind="json",
        given="platform",
        content="The environment's prefix, URL and objective, and the functions and queues of each service.",
        set_by="cdk.service.platform_access",
        read_by=(SERVICES,),
    ),
    Variable(
        name="RELEASE_PREFIX",
        kind="text",
        given="hook",
        content="The beginning of the names of the service's functions, `platform-<environment>-<service>-`.",
        set_by="cdk.service.release_hook",
        read_by=("functions.shared.release_check.hook",),
    ),
    Variable(
        name="BAKE_MINUTES",
        kind="text",
        given="hook",
        content="The minutes for which a version is checked after it has got all traffic; can be 0.",
        set_by="cdk.service.release_hook",
        read_by=("functions.shared.release_check.hook",),
    ),
    Variable(
        name="VERSION_<FUNCTION>",
        kind="reference",
        given="hook",
        content="The number of the new version of a function.",
        set_by="cdk.service.release_hook",
        read_by=("functions.shared.release_check.hook",),
    ),
    Variable(
        name="AWS_REGION",
        kind="text",
        given="runtime",
        content="The region of the function.",
        set_by=LAMBDA,
        read_by=("functions.shared.auth.user_pool",),
    ),
    Variable(
        name="LAMBDA_TASK_ROOT",
        kind="text",
        given="runtime",
        content="The folder with the function's code; the stacks of errors leave it out.",
        set_by=LAMBDA,
        read_by=("functions.shared.error_report",),
    ),
    Variable(
        name="AWS_LAMBDA_FUNCTION_VERSION",
        kind="text",
        given="runtime",
        content="The version of the function; the OpenAPI document and metrics state it.",
        set_by=LAMBDA,
        read_by=("functions.shared.http.application", "functions.shared.observability"),
    ),
    Variable(
        name="AWS_LAMBDA_INITIALIZATION_TYPE",
        kind="text",
        given="runtime",
        content="`snap-start` while Lambda starts the process of which it takes a snapshot.",
        set_by=LAMBDA,
        read_by=("functions.shared.aws.snapshot",),
    ),
    Variable(
        name="AWS_ENDPOINT_URL",
        kind="text",
        given="runtime",
        content="The URL of the embedded AWS; AWS itself has its own endpoint for each service.",
        set_by="local.embedded_aws.lambda_.handler_process",
        read_by=("functions.shared.auth.user_pool",),
    ),
    Variable(
        name="AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
        kind="text",
        given="runtime",
        content="The URL of another user pool service; only tests set it.",
        set_by="tests.tokens",
        read_by=("functions.shared.auth.user_pool",),
    ),
    Variable(
        name="LOG_ERROR_MESSAGES",
        kind="text",
        given="runtime",
        content="`1` on a laptop: the log contains the messages of unexpected errors.",
        set_by="local.embedded_aws.lambda_.handler_process",
        read_by=("functions.shared.error_report",),
    ),
    Variable(
        name="AWS_CA_BUNDLE",
        kind="text",
        given="runtime",
        content="The certificate authority of the embedded AWS, a file.",
        set_by="local.embedded_aws.lambda_.handler_process",
        read_by=("functions.shared.aws.tls",),
    ),
)
