"""The list of extensions, and how they are verified and installed."""

from typing import Any

from local.embedded_aws import quiescence, recorded
from local.embedded_aws.cloudwatch import alarm_evaluation, composite_alarms, embedded_metrics, queue_metrics
from local.embedded_aws.dynamodb import index_queries, stream_failures, stream_records, table_settings
from local.embedded_aws.elbv2 import target_groups
from local.embedded_aws.eventbridge import event_archives
from local.embedded_aws.extension import Extension
from local.embedded_aws.iam import parsed_once, role_calls
from local.embedded_aws.lambda_ import code_store, handler_process, mapping_rights, worker_limit
from local.embedded_aws.logs import log_drain, log_queries, log_streams
from local.embedded_aws.s3 import (
    bucket_settings,
    crash_recovery,
    object_copies,
    object_events,
    object_reads,
    post_checksums,
)
from local.embedded_aws.secretsmanager import secret_values
from local.embedded_aws.sqs import message_moves, queue_actions, queue_delivery

EXTENSIONS: tuple[Extension, ...] = (
    target_groups.EXTENSION,
    table_settings.EXTENSION,
    index_queries.EXTENSION,
    parsed_once.EXTENSION,
    bucket_settings.EXTENSION,
    object_copies.EXTENSION,
    object_events.EXTENSION,
    object_reads.EXTENSION,
    post_checksums.EXTENSION,
    secret_values.EXTENSION,
    log_drain.EXTENSION,
    log_streams.EXTENSION,
    log_queries.EXTENSION,
    handler_process.EXTENSION,
    code_store.EXTENSION,
    worker_limit.EXTENSION,
    queue_actions.EXTENSION,
    # After what corrects the names of actions, which it writes down.
    role_calls.EXTENSION,
    mapping_rights.EXTENSION,
    queue_delivery.EXTENSION,
    message_moves.EXTENSION,
    stream_failures.EXTENSION,
    stream_records.EXTENSION,
    embedded_metrics.EXTENSION,
    queue_metrics.EXTENSION,
    alarm_evaluation.EXTENSION,
    composite_alarms.EXTENSION,
    event_archives.EXTENSION,
    quiescence.EXTENSION,
    crash_recovery.EXTENSION,
    recorded.EXTENSION,
)


def verify() -> None:
    """Check every hook before the first one is touched; raise HookMovedError for what moved."""
    for extension in EXTENSIONS:
        for hook in extension.hooks:
            hook.verify()


def install() -> None:
    """Verify, then install each extension."""
    verify()
    for extension in EXTENSIONS:
        extension.install()


def describe() -> list[dict[str, Any]]:
    """Describe the extensions as data, for the summary of what stands in on this machine."""
    return [
        {
            "name": extension.name,
            "closes": extension.closes,
            "hooks": [str(hook) for hook in extension.hooks],
            "stands_in": dict(extension.stands_in),
        }
        for extension in EXTENSIONS
    ]
