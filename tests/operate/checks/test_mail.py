"""The check of the sender of mails."""

import pytest

from operate.checks.account import MailDomain
from operate.checks.mail import check_mail
from tests.operate.checks.fakes import FakeAccount, target

SENDER = "accounts@shop.io"


def ses(*, is_verified: bool = True, sends_to_all: bool = True) -> FakeAccount:
    return FakeAccount(mail_domains={"shop.io": MailDomain(is_verified=is_verified, sends_to_all=sends_to_all)})


def test_trials_may_use_cognito_s_own_mailer() -> None:
    assert list(check_mail(target(), FakeAccount())) == []


def test_an_environment_that_keeps_its_data_is_warned_of_cognito_s_own_mailer() -> None:
    [finding] = check_mail(target(removal="retain"), FakeAccount())

    assert finding.state == "warning"
    assert "50 a day" in finding.text
    assert "set `mail_from` in cdk/environments/dev.yaml" in finding.remedy


def test_a_verified_domain_outside_the_sandbox_is_correct() -> None:
    [finding] = check_mail(target(mail_from=SENDER), ses())

    assert finding.state == "ok"


@pytest.mark.parametrize(
    ("account", "text"),
    [
        (ses(is_verified=False), "SES has not verified shop.io in eu-west-1"),
        (ses(sends_to_all=False), "SES is in its sandbox in eu-west-1"),
    ],
)
def test_a_sender_whose_mails_would_not_arrive_is_a_problem(account: FakeAccount, text: str) -> None:
    [finding] = check_mail(target(mail_from=SENDER), account)

    assert finding.state == "problem"
    assert finding.text.startswith(text)
    assert finding.remedy.startswith("aws sesv2 ")
