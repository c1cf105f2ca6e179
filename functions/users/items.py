"""The items of users in DynamoDB; docs/data-model.md describes them."""

import os
from datetime import datetime
from zlib import crc32

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from functions.shared.aws.dynamodb import TableMeta
from functions.shared.messaging.outbox import OutboxItem
from functions.users.domain import DETAILS, User

# A partition of an index takes 1,000 writes a second, and a throttled index throttles its table:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
# An import writes about 5,000 active users a second, which leaves 3,000 for other requests. Inactive users need no
# shards, because users are deactivated one by one, and an import brings them only from an export, where they are few.
SHARDS = 8
INACTIVE = "inactive"


class UsersTable(TableMeta):
    """The table of the service."""

    table_name = os.environ.get("TABLE_NAME", "users")


class _ByState(GlobalSecondaryIndex["UserItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """Users by `active#0` … `active#7` or `inactive`, in the order of their ids, which is the order of creation."""

    class Meta(UsersTable):
        index_name = "by_state"
        projection = AllProjection()

    state = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(range_key=True)


class UserItem(Model):
    """A user: `pk = USER#<user_id>`."""

    class Meta(UsersTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    state = UnicodeAttribute()
    email = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    locale = UnicodeAttribute(null=True)
    active = BooleanAttribute()
    version = VersionAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()

    by_state = _ByState()


class EmailItem(Model):
    """The claim of a user on an address: `pk = EMAIL#<key of the address>`; see `claims.py`."""

    class Meta(UsersTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    request_token = UnicodeAttribute(null=True)


class SignInItem(Model):
    """The link of a user pool's subject to a user: `pk = SUBJECT#<subject>`, and its reverse `pk = SIGNIN#<user_id>`.

    Both are written together, so that neither side can have two links.
    """

    class Meta(UsersTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    subject = UnicodeAttribute()


class UserOutboxItem(OutboxItem):
    """An event that waits for the relay: `pk = OUTBOX#<event_id>`."""

    class Meta(UsersTable):
        pass


def user_key(user_id: str) -> str:
    """Return the key of a user's item."""
    return f"USER#{user_id}"


def _state(user: User) -> str:
    """Return the partition of the index; the shard is a hash of the id, so it never changes."""
    return f"active#{crc32(user.user_id.encode()) % SHARDS}" if user.active else INACTIVE


def item_of(user: User, *, stored_version: int | None = None) -> UserItem:
    """Return the item of a user; `stored_version` is the version that the item replaces."""
    item = UserItem(
        pk=user_key(user.user_id),
        user_id=user.user_id,
        state=_state(user),
        active=user.active,
        created_at=user.created_at.isoformat(),
        updated_at=user.updated_at.isoformat(),
        **user.details(),
    )
    if stored_version is not None:
        item.version = stored_version
    return item


def user_of(item: UserItem) -> User:
    """Return the user of an item."""
    return User(
        user_id=item.user_id,
        **{name: getattr(item, name) for name in DETAILS},
        active=item.active,
        version=int(item.version),
        created_at=datetime.fromisoformat(item.created_at),
        updated_at=datetime.fromisoformat(item.updated_at),
    )
