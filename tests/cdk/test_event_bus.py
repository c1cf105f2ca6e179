"""The events stack."""

from tests.cdk.templates import Assembly


def test_the_bus_is_named_after_the_deployment(assembly: Assembly) -> None:
    assert assembly.stack("platform-local-events").only("AWS::Events::EventBus")["Name"] == "platform-local"


def test_prod_archives_every_event_of_ours(assembly: Assembly) -> None:
    archive = assembly.stack("platform-prod-events").only("AWS::Events::Archive")

    assert archive["EventPattern"] == {"detail": {"specversion": ["1.0"]}}
    assert archive["RetentionDays"] == 365
