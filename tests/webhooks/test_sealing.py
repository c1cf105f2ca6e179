import pytest

from functions.webhooks.sealing import Unopenable
from tests.webhooks.things import box


def test_a_sealed_secret_opens_again_and_is_unreadable() -> None:
    sealed = box().seal("whsec_abc", webhook_id="1")

    assert box().open(sealed, webhook_id="1") == "whsec_abc"
    assert "whsec" not in sealed
    assert sealed != box().seal("whsec_abc", webhook_id="1")


def test_neither_another_key_nor_another_webhook_opens_it() -> None:
    sealed = box("first").seal("whsec_abc", webhook_id="1")

    with pytest.raises(Unopenable, match="rotate"):
        box("second", "third").open(sealed, webhook_id="1")
    with pytest.raises(Unopenable):
        box("first").open(sealed, webhook_id="2")


def test_a_change_of_the_key_keeps_earlier_secrets_and_seals_new_ones_with_the_new_key() -> None:
    before = box("first").seal("whsec_abc", webhook_id="1")
    after = box("second", "first").seal("whsec_def", webhook_id="1")

    assert box("second", "first").open(before, webhook_id="1") == "whsec_abc"
    assert box("second").open(after, webhook_id="1") == "whsec_def"


def test_a_modified_secret_does_not_open() -> None:
    sealed = box().seal("whsec_abc", webhook_id="1")

    with pytest.raises(Unopenable):
        box().open(f"{sealed[:20]}{'A' if sealed[20] != 'A' else 'B'}{sealed[21:]}", webhook_id="1")
    with pytest.raises(Unopenable, match="unknown format"):
        box().open("plain", webhook_id="1")
