"""Constants that the templates, the functions and the operator's commands must agree on; imports nothing."""

# The partition key of an outbox item: this prefix and the event's id, a UUID of version 7.
# The filter of the relay's stream passes only these items.
OUTBOX_PREFIX = "OUTBOX#"
# The key of the counter of an owner's quota begins with it.
QUOTA_PREFIX = "QUOTA#"
# An event can arrive again while its queue and the dead-letter queue keep it: 4 + 14 days.
INBOX_KEPT_S = 21 * 24 * 3600

# The `specversion` of every event that the platform publishes; rules select events by it.
CLOUDEVENTS_VERSION = "1.0"
# In `consumes` of a manifest, and in CONSUMES: every event of the bus.
EVERY_EVENT = "*"

# The alias of each function; callers and event sources invoke only the version that it points to.
ALIAS = "live"
# The client request token of a stack's update begins with it if the update only corrects CloudFormation's record of an
# alias, as part of a deployment: it is no deployment of its own.
CORRECTS_RECORD = "alias-record-"

# An access token is valid for an hour; the list of blocked people has a person for as long, and a few minutes more.
ACCESS_TOKEN_VALIDITY_S = 3600
BLOCKED_S = ACCESS_TOKEN_VALIDITY_S + 300
# The two partitions of the table of blocked people: people with tokens that may still be valid, and everyone with a
# deactivated account, until it is active again.
BLOCKED_PARTITION = "people"
DEACTIVATED_PARTITION = "deactivated"

# The gateway compresses answers from this size on, with gzip alone: their entity tags name the encoding.
COMPRESSED_FROM_BYTES = 1024

# The groups of people in the user pool.
ADMIN, MEMBER = "admin", "member"
# The page below a service's path to which the user pool sends people back after they sign in.
DOCS_REDIRECT_PAGE = "docs/oauth2-redirect.html"
# The console, and the pages to which the user pool sends people back after they sign in to it or out of it.
CONSOLE_PATH = "/console"
CONSOLE_CALLBACK, CONSOLE_SIGNED_OUT = f"{CONSOLE_PATH}/callback", f"{CONSOLE_PATH}/signed-out"

# The metrics by which alarms judge a new version. The sample count of `Duration` is the number of requests.
# `BatchesFailed` has one value for each batch of a queue or stream: 1 if any part of it failed or was parked, else 0.
DURATION, SERVER_ERRORS, BATCHES_FAILED = "Duration", "ServerErrors", "BatchesFailed"
# The metrics of delivery, by service: 1 or 0 for each change of a stack that ended, and seconds of successes.
DEPLOYMENT_SUCCEEDED = "DeploymentSucceeded"
DEPLOYMENT_CYCLE_TIME, CHANGE_LEAD_TIME = "DeploymentCycleTime", "ChangeLeadTime"
