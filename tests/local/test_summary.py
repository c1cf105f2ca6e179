from pathlib import Path

from local.settings import Settings
from local.stacks import Resource, Stack
from local.summary import kinds, render


def stack(*types: str, left_out: dict[str, str] | None = None) -> Stack:
    resources = tuple(
        Resource(logical_id=f"R{number}", physical_id=f"r-{number}", resource_type=kind)
        for number, kind in enumerate(types)
    )
    return Stack(name="s", status="CREATE_COMPLETE", outputs={}, resources=resources, left_out=left_out or {})


STACKS = (
    stack("AWS::Lambda::Function", "AWS::EC2::VPC", "AWS::CDK::Metadata"),
    stack("AWS::Lambda::Function", "AWS::SQS::Queue", left_out={"AWS::Events::Archive": "No such type here."}),
)
STAND_INS = {"AWS::EC2::VPC": "Stored, without effect.", "AWS::EC2::Subnet": "Stored, without effect."}


def test_each_deployed_type_is_in_one_list_and_counted() -> None:
    found = kinds(STACKS, STAND_INS)

    assert found.real == {"AWS::Lambda::Function": 2, "AWS::SQS::Queue": 1}
    assert found.stands_in == {"AWS::EC2::VPC": "Stored, without effect."}
    assert found.left_out == {"AWS::Events::Archive": "No such type here."}


def test_the_summary_has_urls_an_example_call_and_the_three_lists(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    text = render(settings, kinds(STACKS, STAND_INS), {"users": "/users", "activity": "/activity"})

    assert "https://localhost:8443/users/docs" in text
    assert "https://localhost:8443/docs" in text
    assert f"curl --cacert {tmp_path}/certificates/ca.pem -H" in text
    assert "$(make token as=admin)" in text
    assert "as=admin|member|member2|visitor|machine|reader|writer|reporting; to sign in" in text
    assert f"{tmp_path}/identities.json" in text
    assert "Real on this machine (3 resources of 2 types)" in text
    assert "AWS::Lambda::Function (2), AWS::SQS::Queue" in text
    assert text.index("Imitated on this machine") < text.index("AWS::EC2::VPC") < text.index("Left out")
    assert text.index("Left out") < text.index("AWS::Events::Archive") < text.index("No such type here.")


def test_the_summary_names_the_console_first(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    text = render(settings, kinds((), {}), {"activity": "/activity", "console": "/console"})

    assert text.lstrip().startswith("Console\n  https://localhost:8443/console  (sign in as admin@")
    assert "/console/docs" not in text


def test_an_empty_list_shows_nothing(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})

    assert render(settings, kinds((), {}), {}).count("  nothing") == 3
