"""What roles call is written down, and a mapping reads by its role, tried in a process of the embedded AWS's own."""

from pathlib import Path

from tests.local.embedded_aws.test_behaviour import pytestmark, run

__all__ = ["pytestmark"]

ROLE = """
import pathlib
from ministack.core import iam_actions, iam_evaluator
from ministack.core.lambda_runtime import execution_credentials
from ministack.services import iam, lambda_svc

file = pathlib.Path(os.environ["TMPDIR"], "calls.jsonl")
os.environ["EMBEDDED_AWS_CALLS_FILE"] = str(file)
TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders"
QUEUE = "arn:aws:sqs:eu-west-1:000000000000:work"
READING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]

def may(*statements):
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": resource} for actions, resource in statements]}
    iam._roles["r"] = {"RoleName": "r", "Arn": "arn:aws:iam::000000000000:role/r", "AttachedPolicies": [],
                       "InlinePolicies": {"p": json.dumps(policy)}}

tried = function("def handler(event, context): pass")
lambda_svc._functions["tried"] = tried
from ministack import app
app.AUTH = True
key = execution_credentials(tried["config"])["AWS_ACCESS_KEY_ID"]

def ask(action, resource=TABLE):
    return iam_evaluator.enforce(key, action, "dynamodb", "eu-west-1", resource_arn=resource) is None

def written():
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
"""


def test_each_call_of_a_role_is_written_down_once_with_what_iam_said(tmp_path: Path) -> None:
    answer = run(
        ROLE
        + """
may((["dynamodb:GetItem"], TABLE))
said = [ask("dynamodb:GetItem"), ask("dynamodb:GetItem"), ask("dynamodb:PutItem")]
may((["dynamodb:GetItem", "dynamodb:PutItem"], TABLE))
said.append(ask("dynamodb:PutItem"))
iam_evaluator.enforce("000000000000", "dynamodb:Scan", "dynamodb", "eu-west-1", resource_arn=TABLE)
print(json.dumps({"said": said, "written": written()}))
""",
        tmp_path,
    )

    assert answer["said"] == [True, True, False, True]
    common = {"role": "r", "session": "tried", "resource": "arn:aws:dynamodb:eu-west-1:000000000000:table/orders"}
    assert answer["written"] == [
        {**common, "action": "dynamodb:GetItem", "allowed": True},
        {**common, "action": "dynamodb:PutItem", "allowed": False},
        {**common, "action": "dynamodb:PutItem", "allowed": True},
    ]


def test_a_call_that_iam_is_not_asked_about_is_written_down_as_unknown(tmp_path: Path) -> None:
    answer = run(
        ROLE
        + """
may()
headers = {"authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/sqs/aws4_request, Signature=0"}
action = iam_actions.extract_iam_action("sqs", "GET", "/nothing", headers, b"", {})
print(json.dumps({"action": action, "written": written()}))
""",
        tmp_path,
    )

    assert answer["action"] is None
    [line] = answer["written"]
    assert (line["session"], line["action"], line["resource"]) == ("tried", "sqs:?", "GET /nothing")


def test_nothing_is_written_where_nobody_asked_for_it(tmp_path: Path) -> None:
    answer = run(
        ROLE
        + """
del os.environ["EMBEDDED_AWS_CALLS_FILE"]
may((["dynamodb:GetItem"], TABLE))
print(json.dumps({"said": ask("dynamodb:GetItem"), "written": written()}))
""",
        tmp_path,
    )

    assert answer == {"said": True, "written": []}


def test_a_mapping_starts_a_function_only_while_its_role_may_read_the_queue(tmp_path: Path) -> None:
    answer = run(
        ROLE
        + """
lambda_svc._esms["m"] = {"UUID": "m", "EventSourceArn": QUEUE, "FunctionName": "tried", "Enabled": True}
seen = []
for granted in (READING, READING[:2], [], READING):
    may((granted or ["sqs:SendMessage"], QUEUE))
    seen.append(len(list(lambda_svc._iter_all_esms())))
print(json.dumps({"seen": seen, "written": [(each["action"], each["allowed"]) for each in written()]}))
""",
        tmp_path,
    )

    assert answer["seen"] == [1, 0, 0, 1]
    assert answer["written"] == [
        ["sqs:ReceiveMessage", True],
        ["sqs:DeleteMessage", True],
        ["sqs:GetQueueAttributes", True],
        ["sqs:GetQueueAttributes", False],
        ["sqs:ReceiveMessage", False],
    ]


def test_a_mapping_of_a_stream_needs_the_four_actions_of_streams(tmp_path: Path) -> None:
    answer = run(
        ROLE
        + """
stream = TABLE + "/stream/2026-01-01T00:00:00.000"
lambda_svc._esms["m"] = {"UUID": "m", "EventSourceArn": stream, "FunctionName": "tried", "Enabled": True}
needed = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
seen = []
for statements in ([(needed, stream), (["dynamodb:ListStreams"], TABLE + "/stream/*")], [(needed, stream)]):
    may(*statements)
    seen.append(len(list(lambda_svc._iter_all_esms())))
print(json.dumps(seen))
""",
        tmp_path,
    )

    assert answer == [1, 0]


def test_a_mapping_without_an_arn_stops_no_other(tmp_path: Path) -> None:
    answer = run(
        ROLE
        + """
may((READING, QUEUE))
for name, source in (("none", ""), ("odd", "not an arn"), ("m", QUEUE)):
    lambda_svc._esms[name] = {"UUID": name, "EventSourceArn": source, "FunctionName": "tried", "Enabled": True}
print(json.dumps([mapping["UUID"] for _, _, mapping in lambda_svc._iter_all_esms()]))
""",
        tmp_path,
    )

    assert answer == ["none", "odd", "m"]
