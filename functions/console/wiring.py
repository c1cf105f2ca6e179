"""The objects that the console's function shares in a Lambda, made when first needed."""

from functools import cache

from functions.console.cloudwatch import CloudWatch
from functions.console.confirmations import Confirmations
from functions.console.dead_letters import DeadLetterService
from functions.console.live_versions import LiveVersions
from functions.console.operations_api import OperationsApi
from functions.console.pages import templates
from functions.console.platform import platform
from functions.console.queues import Queues
from functions.console.service import ConsoleService
from functions.console.sign_in import SignIn, exchange_at
from functions.shared.auth.user_pool import sign_in_url
from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value
from functions.shared.aws.settings import setting
from functions.shared.messaging.work_queue import WorkQueue


@cache
def console_service() -> ConsoleService:
    """Return the use cases, on CloudWatch, Lambda and the API of operations."""
    described = platform()
    operations = OperationsApi(described.function_name("operations", "api"))
    return ConsoleService(described, CloudWatch(described), LiveVersions(), operations)


@cache
def dead_letter_service() -> DeadLetterService:
    """Return the use cases of dead letters, on SQS and Lambda."""
    described = platform()
    confirmations = Confirmations(described, key=lambda: secret_value("command-key"))
    return DeadLetterService(described, Queues(), LiveVersions(), confirmations, send=WorkQueue("redrives").send)


@cache
def sign_in() -> SignIn:
    """Return the sign-in at the platform's user pool."""
    return SignIn(
        pool_url=sign_in_url(),
        client_id=setting("CONSOLE_CLIENT_ID"),
        console_url=platform().url,
        key=lambda: secret_value("sign-in-key"),
        exchange=exchange_at(sign_in_url()),
    )


def prepare() -> None:
    """Make the objects that requests need, before Lambda takes a snapshot of the process."""
    console_service()
    dead_letter_service()
    sign_in()
    for name in templates().list_templates():
        templates().get_template(name)
    for service in ("cloudwatch", "lambda", "secretsmanager", "sqs"):
        client(service)
