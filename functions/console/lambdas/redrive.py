"""The worker of the console: moves dead letters back to their queues, once a person has confirmed it."""

from functions.console.confirmations import Confirmations
from functions.console.platform import platform
from functions.console.queues import Queues
from functions.console.redriver import Redriver
from functions.shared.aws.secret_values import secret_value
from functions.shared.messaging.worker import worker_handler

handler = worker_handler(Redriver(Confirmations(platform(), key=lambda: secret_value("command-key")), Queues()).work)
