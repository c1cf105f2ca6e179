"""The repository contains no secret: a credential of a known form fails here, before a push.

Only known forms are detected. Random strings are in every lock file, so a search for them would find too much. Secrets
without a form, such as passwords, are never needed in the repository: AWS generates them, functions read them at run
time.
"""

import re
from collections.abc import Iterator

import pytest

from tests.repository.files import ROOT, files

FORMS = {
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    "AWS access key": rb"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "AWS secret key": rb"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9/+]{40}\b",
    "private key": rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----\s+[A-Za-z0-9+/=]{16}",
    # https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    "GitHub token": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})",
    "GitLab token": rb"glpat-[A-Za-z0-9_-]{20}",
    "Slack token": rb"xox[a-z]-[A-Za-z0-9-]{20}",
    "Slack or Teams webhook": rb"https://(?:hooks\.slack\.com/services/T[A-Z0-9]{8}|[a-z0-9]+\.webhook\.office\.com/webhookb2/[0-9a-f]{8})",
    "Stripe key": rb"\b[rs]k_live_[A-Za-z0-9]{20}",
    "Google key": rb"AIza[A-Za-z0-9_-]{35}\b",
    "npm token": rb"npm_[A-Za-z0-9]{36}\b",
    "PyPI token": rb"pypi-AgE[A-Za-z0-9_-]{50}",
    "model provider's key": rb"\bsk-(?:[a-z]+-)*[A-Za-z0-9_-]{40}",
    # https://www.rfc-editor.org/rfc/rfc7519#section-3: two JSON objects and a signature.
    "JSON Web Token": rb"eyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16}",
    "webhook's secret": rb"whsec_[A-Za-z0-9+/]{32}",
    "password in an address": rb"://[^\s/:@\"'<>{}$]+:[^\s/:@\"'<>{}$]{8,}@",
}
# A form that begins with plain text is found much faster than one that begins with a boundary or a choice.
_FORMS = {name: re.compile(form) for name, form in FORMS.items()}
# Examples from the documents and libraries of the scheme, and an address that webhooks may not have.
KNOWN = {
    b"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    b"://user:password@",
}


def found_in(content: bytes) -> Iterator[str]:
    """Yield the forms of the credentials in a file."""
    for name, form in _FORMS.items():
        yield from (name for match in form.finditer(content) if match[0] not in KNOWN)


def test_no_file_contains_a_secret() -> None:
    # The message omits the secret, because more people read the logs of CI than the file.
    found = [f"{file.relative_to(ROOT)}: {form}" for file in files() for form in found_in(file.read_bytes())]

    assert found == []


@pytest.mark.parametrize(
    ("form", "example"),
    [
        ("AWS access key", "AKIA" + "IOSFODNN7EXAMPLE".replace("8", "7")),
        ("AWS secret key", "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("private key", "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA"),
        ("GitHub token", "ghp" + "_" + "a1" * 18),
        ("GitLab token", "glpat" + "-" + "a1" * 10),
        ("Slack token", "xoxb" + "-" + "12345678901-abcdefgh"),
        ("Slack or Teams webhook", "https://hooks.slack.com" + "/services/T0123ABCD/B0/x"),
        ("Stripe key", "sk_live" + "_" + "a1" * 12),
        ("Google key", "AIza" + "a" * 35),
        ("npm token", "npm" + "_" + "a1" * 18),
        ("PyPI token", "pypi-" + "AgEIcHlwaS5vcmc" + "a1" * 30),
        ("model provider's key", "sk-" + "proj-" + "a1" * 20),
        ("JSON Web Token", "eyJhbGciOiJIUzI1NiJ9aa" + "." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0" + "." + "a1" * 20),
        ("webhook's secret", "whsec" + "_" + "a1" * 20),
        ("password in an address", "postgres://" + "app:correct-horse" + "@db.internal/users"),
    ],
)
def test_each_form_is_found(form: str, example: str) -> None:
    assert list(found_in(f'token: "{example}"\n'.encode())) == [form]


def test_every_form_has_an_example() -> None:
    [examples] = [mark.args[1] for mark in test_each_form_is_found.pytestmark]  # type: ignore[attr-defined] # pytest adds it

    assert [form for form, _ in examples] == [*FORMS]
