import pytest

from functions.webhooks.sealing import Unopenable
from tests.webhooks.things import box


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
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


def test_what_was_sealed_before_the_key_was_changed_opens_on_and_the_rest_is_sealed_under_the_new_one() -> None:
    before = box("first").seal("whsec_abc", webhook_id="1")
    after = box("second", "first").seal("whsec_def", webhook_id="1")

    assert box("second", "first").open(before, webhook_id="1") == "whsec_abc"
    assert box("second").open(after, webhook_id="1") == "whsec_def"


def test_what_was_changed_does_not_open() -> None:
    sealed = box().seal("whsec_abc", webhook_id="1")

    with pytest.raises(Unopenable):
        box().open(f"{sealed[:20]}{'A' if sealed[20] != 'A' else 'B'}{sealed[21:]}", webhook_id="1")
    with pytest.raises(Unopenable, match="unknown form"):
        box().open("plain", webhook_id="1")
