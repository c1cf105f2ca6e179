"""Incidents in DynamoDB; docs/data-model.md describes the items."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.operations.errors import IncidentNotFound
from functions.operations.incidents.domain import Incident, stamp
from functions.operations.incidents.stored_form import from_json, to_json
from functions.shared.aws.dynamodb import ConditionFailed, TableMeta, commit, translated_errors
from functions.shared.errors import StaleVersion
from functions.shared.http.pages import Page

if TYPE_CHECKING:
    from functions.operations.incidents.ports import IncidentStore

# An incident that has joined another one may join a third one later; more than a few times is a defect.
MOVES_MAX = 10


class _Table(TableMeta):
    table_name = os.environ.get("TABLE_NAME", "operations")


class IncidentItem(Model):
    """An incident: `pk = INCIDENTS`, `sk = <incident_id>`, which begins with its time."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True, default="INCIDENTS")
    sk = UnicodeAttribute(range_key=True)
    record = JSONAttribute()


class MovedItem(Model):
    """The id of an incident that is a part of another one now: `pk = MOVED#<incident_id>`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="MOVED")
    into = UnicodeAttribute()


class VersionItem(Model):
    """The number of changes of incidents: `pk = HEAD`, `sk = INCIDENTS`. Each change is on condition of it."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True, default="HEAD")
    sk = UnicodeAttribute(range_key=True, default="INCIDENTS")
    changes = NumberAttribute()


class IncidentRepository:
    """The `IncidentStore` on DynamoDB."""

    def read_between(self, start: datetime, end: datetime) -> tuple[int, Sequence[Incident]]:
        """See `IncidentStore.read_between`: the version first, so that a change after it makes it stale."""
        with translated_errors():
            try:
                version = int(VersionItem.get("HEAD", "INCIDENTS", consistent_read=True).changes)
            except DoesNotExist:
                version = 0
            opened = IncidentItem.sk.between(stamp(start), stamp(end))
            found = [from_json(item.record) for item in IncidentItem.query("INCIDENTS", opened, consistent_read=True)]
        return version, found

    def replace(self, version: int, *, save: Sequence[Incident], removed: Mapping[str, str]) -> None:
        """See `IncidentStore.replace`: one transaction, on condition of the version."""

        def fill(transaction: TransactWrite) -> None:
            for incident_id in removed:
                transaction.delete(IncidentItem(sk=incident_id))
            is_current = VersionItem.changes == version if version else VersionItem.sk.does_not_exist()
            transaction.save(VersionItem(changes=version + 1), condition=is_current)
            for incident in save:
                transaction.save(IncidentItem(sk=incident.incident_id, record=to_json(incident)))
            for incident_id, into in removed.items():
                transaction.save(MovedItem(pk=_moved(incident_id), into=into))

        try:
            commit(IncidentItem, fill)
        except ConditionFailed as error:
            raise StaleVersion from error

    def get(self, incident_id: str) -> Incident:
        """See `IncidentStore.get`: one GetItem, and two more for each time that the incident has moved."""
        with translated_errors():
            for _ in range(MOVES_MAX):
                try:
                    return from_json(IncidentItem.get("INCIDENTS", incident_id, consistent_read=True).record)
                except DoesNotExist:
                    incident_id = _into(incident_id)
        raise IncidentNotFound

    def list_page(self, *, limit: int, after: str | None) -> Page[Incident]:
        """See `IncidentStore.list_page`: one query of at most `limit` + 1 items."""
        before = IncidentItem.sk < after if after else None
        with translated_errors():
            found = IncidentItem.query(
                "INCIDENTS", before, limit=limit + 1, page_size=limit + 1, scan_index_forward=False
            )
            items = list(islice(found, limit + 1))
        page = [from_json(item.record) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].incident_id if len(items) > limit else None)


def _into(incident_id: str) -> str:
    try:
        return MovedItem.get(_moved(incident_id), "MOVED", consistent_read=True).into
    except DoesNotExist as error:
        raise IncidentNotFound from error


def _moved(incident_id: str) -> str:
    return f"MOVED#{incident_id}"


if TYPE_CHECKING:
    _: IncidentStore = IncidentRepository()
