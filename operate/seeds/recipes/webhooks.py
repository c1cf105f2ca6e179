"""Webhooks of partners, tested once and then paused.

No made-up event reaches an outside system: the receivers are in a domain that never resolves
(https://www.rfc-editor.org/rfc/rfc2606#section-2), and a paused webhook receives nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from faker import Faker

from operate.deployed.api import Api
from operate.seeds.life import Life

# An owner can have 50: functions/webhooks/service.toml.
COUNT: Mapping[str, int] = {"small": 5, "large": 40}
PURPOSES = ["CRM", "Data warehouse", "Audit archive", "Support desk", "Monitoring"]


def life(number: int) -> Life:
    """Return the life of a webhook: created, tested once and paused. Its URL identifies it in later runs."""
    faker = Faker("en_GB")
    faker.seed_instance(number)
    company = faker.company()
    host = "".join(letter if letter.isalnum() else "-" for letter in company.lower()).replace("--", "-")
    purpose = PURPOSES[number % len(PURPOSES)]
    wanted = {
        "url": f"https://hooks.{host}.example/platform/{number}",
        # Events of webhooks itself, or all events: no other service is required.
        "event_types": ["webhooks/WebhookDisabled.v1"] if purpose == "Monitoring" else ["*"],
        "description": f"{purpose} of {company}",
    }

    def live(api: Api) -> bool:
        there = [webhook for webhook in _webhooks(api) if webhook["url"] == wanted["url"]]
        made = there or [api.send("POST", "/webhooks", body=wanted, expect={201}).content]
        for webhook in made:
            at = f"/webhooks/{webhook['id']}"
            # 404: an administrator has deleted the webhook in the meantime.
            sent = api.send("GET", f"{at}/deliveries?limit=1", expect={200, 404}).content
            if sent.get("items") == []:
                api.send("POST", f"{at}/test", expect={202, 404})
            if webhook["enabled"] and webhook["version"] == 1:
                paused = {"enabled": False}
                # 412: another caller has changed the webhook; its change stays.
                api.send("PATCH", at, body=paused, headers={"If-Match": '"1"'}, expect={200, 404, 412})
        return not there

    return live


def _webhooks(api: Api) -> Iterator[Mapping[str, Any]]:
    cursor = ""
    while True:
        page = api.send("GET", f"/webhooks?limit=100{cursor}", expect={200}).content
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"
