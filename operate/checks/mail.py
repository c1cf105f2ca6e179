"""The sender of invitations and codes to sign in."""

from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Finding, ok, problem
from operate.target import Target


def check_mail(target: Target, account: Account) -> Iterator[Finding]:
    """Check that SES sends for the environment's address; warn where customers depend on Cognito's own mailer."""
    environment = target.environment
    region, file = environment.region, f"cdk/environments/{environment.name}.yaml"
    if environment.mail_from is None:
        if environment.retains:
            # https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
            text = "Cognito's own mailer sends the invitations and codes, at most 50 a day: it is for trials"
            yield Finding(state="warning", text=text, remedy=f"set `mail_from` in {file} to an address of your domain")
        return
    domain = environment.mail_from.partition("@")[2]
    found = account.mail_domain(region, domain)
    if not found.is_verified:
        remedy = f"aws sesv2 create-email-identity --email-identity {domain} --region {region}, and add its DNS records"
        yield problem(f"SES has not verified {domain} in {region}, so Cognito cannot send mails from it", remedy=remedy)
    if not found.sends_to_all:
        text = f"SES is in its sandbox in {region}: it sends only to verified addresses"
        yield problem(text, remedy=f"aws sesv2 put-account-details --production-access-enabled … --region {region}")
    if found.is_verified and found.sends_to_all:
        yield ok(f"SES sends mails from {environment.mail_from}")
