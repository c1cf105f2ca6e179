import pytest
from cryptography.exceptions import InvalidTag

from functions.webhooks.sealing import SecretBox

KEY = "k" * 64


def box(key: str = KEY) -> SecretBox:
    return SecretBox(lambda: key)


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    sealed = box().seal("whsec_abc", webhook_id="1")

    assert box().open(sealed, webhook_id="1") == "whsec_abc"
    assert "whsec" not in sealed
    assert sealed != box().seal("whsec_abc", webhook_id="1")


@pytest.mark.parametrize(("key", "webhook_id"), [("other" * 10, "1"), (KEY, "2")])
def test_neither_another_key_nor_another_webhook_opens_it(key: str, webhook_id: str) -> None:
    sealed = box().seal("whsec_abc", webhook_id="1")

    with pytest.raises(InvalidTag):
        box(key).open(sealed, webhook_id=webhook_id)


def test_what_was_changed_does_not_open() -> None:
    sealed = box().seal("whsec_abc", webhook_id="1")

    with pytest.raises(InvalidTag):
        box().open(f"{sealed[:20]}{'A' if sealed[20] != 'A' else 'B'}{sealed[21:]}", webhook_id="1")
    with pytest.raises(ValueError, match="unknown form"):
        box().open("plain", webhook_id="1")
