"""What the extensions change, each tried in a process of the embedded AWS's own."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PYTHON = CHECKOUT / ".local" / "aws" / "venv" / "bin" / "python"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="the embedded AWS is not installed; `make up` installs it"),
]

INSTALLED = """
import json, os, sys
os.environ.update(EMBEDDED_AWS_ENDPOINT_URL="https://127.0.0.1:1", EMBEDDED_AWS_CA_FILE="/ca.pem", SECRET_OF_HOST="x")
from local.embedded_aws import catalogue
catalogue.install()
"""

FUNCTION = """
import io, zipfile
from ministack.services import lambda_svc

def function(source, name="tried", runtime="python3.13", timeout=10):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("h.py", source)
    arn = "arn:aws:lambda:eu-west-1:000000000000:function:" + name
    return {"config": {"FunctionName": name, "FunctionArn": arn, "Runtime": runtime, "Handler": "h.handler",
                       "Timeout": timeout, "Role": "arn:aws:iam::000000000000:role/r",
                       "Environment": {"Variables": {"OWN": "yes"}}},
            "code_zip": archive.getvalue()}
"""


def run(code: str, tmp_path: Path) -> Any:
    """Run code with the extensions installed; its last printed line is the answer."""
    finished = subprocess.run(
        [PYTHON, "-c", INSTALLED + FUNCTION + code],
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


def test_no_log_line_is_lost_and_none_is_waited_for(tmp_path: Path) -> None:
    answer = run(
        """
import time
source = '''
def handler(event, context):
    for number in range(event["lines"]):
        print("line", number)
    import sys; sys.stdout.write("no line break")
'''
quiet = function("def handler(event, context): return 1", name="quiet")
loud = function(source)
logs = [lambda_svc._execute_function_warm(loud, {"lines": 2000}, "r")["log"] for _ in range(3)]
lambda_svc._execute_function_warm(quiet, {}, "r")
began = time.monotonic()
for _ in range(20):
    silent = lambda_svc._execute_function_warm(quiet, {}, "r")["log"]
took_ms = (time.monotonic() - began) / 20 * 1000
print(json.dumps({"logs": [log.split("\\n") for log in logs], "silent": silent, "took_ms": took_ms}))
""",
        tmp_path,
    )

    expected = [f"line {number}" for number in range(2000)] + ["no line break"]
    assert answer["logs"] == [expected] * 3
    assert answer["silent"] == ""
    # 50 ms was the wait that each invocation paid.
    assert answer["took_ms"] < 40


def test_the_last_words_of_a_handler_that_dies_are_kept(tmp_path: Path) -> None:
    answer = run(
        """
source = '''
import os
def handler(event, context):
    print("last words", flush=True)
    os._exit(3)
'''
died = lambda_svc._execute_function_warm(function(source), {}, "r")
print(json.dumps({"error": died.get("error"), "log": died["log"]}))
""",
        tmp_path,
    )

    assert answer["error"] is True
    assert "last words" in answer["log"]


def test_a_handler_sees_nothing_of_the_host(tmp_path: Path) -> None:
    answer = run(
        """
source = '''
import importlib.util, os, sys
def handler(event, context):
    return {"environment": dict(os.environ), "packages": [n for n in ("ministack", "botocore", "pip")
            if importlib.util.find_spec(n)], "version": list(sys.version_info[:2])}
'''
print(json.dumps(lambda_svc._execute_function_warm(function(source), {}, "r")["body"]))
""",
        tmp_path,
    )

    environment = answer["environment"]
    assert "SECRET_OF_HOST" not in environment
    assert environment["OWN"] == "yes"
    assert environment["AWS_REGION"] == "eu-west-1"
    assert environment["AWS_ENDPOINT_URL"] == "https://127.0.0.1:1"
    assert environment["AWS_CA_BUNDLE"] == "/ca.pem"
    assert environment["AWS_ACCESS_KEY_ID"]
    assert environment["HOME"] != str(tmp_path)
    assert answer["packages"] == []
    assert answer["version"] == [3, 13]


def test_a_runtime_that_is_not_here_is_refused(tmp_path: Path) -> None:
    answer = run(
        """
print(json.dumps(lambda_svc._execute_function_warm(function("", runtime="python3.12"), {}, "r")["body"]))
""",
        tmp_path,
    )

    assert answer["errorMessage"] == (
        "The runtime python3.12 is not on this machine: the embedded AWS runs functions on python3.13."
    )


def test_a_burst_shares_a_few_processes_and_all_of_it_is_answered(tmp_path: Path) -> None:
    answer = run(
        """
from concurrent.futures import ThreadPoolExecutor
from local.embedded_aws.lambda_ import worker_limit
source = "import os, time\\ndef handler(event, context):\\n    time.sleep(0.02)\\n    return os.getpid()"
burst = function(source)
with ThreadPoolExecutor(100) as pool:
    pids = [r["body"] for r in pool.map(lambda n: lambda_svc._execute_function_warm(burst, {}, str(n)), range(100))]
print(json.dumps({"answers": len(pids), "processes": len(set(pids)), "limit": worker_limit._PROCESSES_PER_FUNCTION}))
""",
        tmp_path,
    )

    assert answer["answers"] == 100
    assert answer["processes"] <= answer["limit"]


def test_reported_records_of_a_stream_come_again_from_the_first_of_them(tmp_path: Path) -> None:
    answer = run(
        """
from local.embedded_aws.dynamodb import stream_failures
records = [{"dynamodb": {"SequenceNumber": str(number)}} for number in range(5)]
first = stream_failures._first_failed
print(json.dumps([
    first(records, {"batchItemFailures": []}),
    first(records, None),
    first(records, {"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "1"}]}),
    first(records, {"batchItemFailures": [{"itemIdentifier": "unknown"}]}),
]))
""",
        tmp_path,
    )

    assert answer == [None, None, "1", "0"]


def test_embedded_metrics_become_points(tmp_path: Path) -> None:
    answer = run(
        """
from dataclasses import asdict
from local.embedded_aws.cloudwatch.embedded_metrics import _points
line = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "platform", "Dimensions": [["service"]],
        "Metrics": [{"Name": "Created", "Unit": "Count"}]}]}, "service": "users", "Created": [1.0, 2.0]}
print(json.dumps([[asdict(point) for point in _points(json.dumps(line))], list(_points('{"CloudWatchMetrics": 1}'))]))
""",
        tmp_path,
    )

    named = {"namespace": "platform", "name": "Created", "unit": "Count", "dimensions": {"service": "users"}}
    assert answer == [[{**named, "value": 1.0}, {**named, "value": 2.0}], []]


CLOUDFORMATION = """
from ministack.core.responses import _request_account_id, _request_region
from ministack.services import alb, dynamodb, secretsmanager
from ministack.services.cloudformation import provisioners
_request_account_id.set("000000000000"); _request_region.set("eu-west-1")
handlers = provisioners._RESOURCE_HANDLERS
def create(kind, properties): return handlers[kind]["create"]("Logical", properties, "stack")
"""


def test_settings_of_a_table_are_applied_and_changed(tmp_path: Path) -> None:
    answer = run(
        CLOUDFORMATION
        + """
def settings(name):
    ask = {"TableName": name}
    return [json.loads(dynamodb._describe_ttl(ask)[2])["TimeToLiveDescription"],
            json.loads(dynamodb._describe_continuous_backups(ask)[2])["ContinuousBackupsDescription"]
            ["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
            dynamodb._tables[name]["DeletionProtectionEnabled"]]
keys = {"TableName": "t", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
old = {**keys, "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
       "Replicas": [{"Region": "eu-west-1", "DeletionProtectionEnabled": True,
                     "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}]}
create("AWS::DynamoDB::GlobalTable", old)
before = settings("t")
new = {**old, "Replicas": [{"Region": "eu-west-1", "DeletionProtectionEnabled": False,
                            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}}]}
handlers["AWS::DynamoDB::GlobalTable"]["update"]("t", old, new, "stack")
print(json.dumps([before, settings("t")]))
""",
        tmp_path,
    )

    lives = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert answer == [[lives, "ENABLED", True], [lives, "DISABLED", False]]


def test_a_secret_is_referred_to_by_its_arn_and_made_by_the_rules(tmp_path: Path) -> None:
    answer = run(
        CLOUDFORMATION
        + """
kind = "AWS::SecretsManager::Secret"
old = {"Name": "key", "GenerateSecretString": {"PasswordLength": 64, "ExcludePunctuation": True}}
physical_id, attributes = create(kind, old)
value = next(iter(secretsmanager._secrets["key"]["Versions"].values()))["SecretString"]
updated = handlers[kind]["update"](physical_id, old, {**old, "Description": "d"}, "stack", "Logical")
description = secretsmanager._secrets["key"]["Description"]
handlers[kind]["delete"](physical_id, old)
print(json.dumps([physical_id, updated[0], value, description, "key" in secretsmanager._secrets]))
""",
        tmp_path,
    )

    physical_id, updated_id, value, description, left = answer
    assert physical_id == updated_id
    assert physical_id.startswith("arn:aws:secretsmanager:eu-west-1:000000000000:secret:key-")
    assert len(value) == 64
    assert value.isalnum()
    assert description == "d"
    assert left is False


def test_targets_are_registered_only_where_the_load_balancer_may_invoke(tmp_path: Path) -> None:
    answer = run(
        CLOUDFORMATION
        + """
tried = function("def handler(event, context): return 1")
tried |= {"aliases": {}, "versions": {}, "policy": {"Statement": []}}
lambda_svc._functions["tried"] = tried
arn = tried["config"]["FunctionArn"]
group = {"Name": "g", "TargetType": "lambda", "Targets": [{"Id": arn}]}
try:
    create("AWS::ElasticLoadBalancingV2::TargetGroup", group)
    refused = None
except ValueError as error:
    refused = str(error)
tried["policy"]["Statement"].append({"Effect": "Allow", "Action": "lambda:InvokeFunction",
    "Principal": {"Service": "elasticloadbalancing.amazonaws.com"}, "Resource": arn})
group_arn, _ = create("AWS::ElasticLoadBalancingV2::TargetGroup", group)
registered = [target["Id"] for target in alb._targets[group_arn]]
handlers["AWS::ElasticLoadBalancingV2::TargetGroup"]["update"](group_arn, group, {**group, "Targets": []}, "s", "L")
print(json.dumps([refused, registered == [arn], alb._targets[group_arn]]))
""",
        tmp_path,
    )

    refused, registered, left = answer
    assert "elasticloadbalancing.amazonaws.com has no permission to invoke" in refused
    assert registered is True
    assert left == []


def test_processes_of_one_code_share_its_files_and_cannot_write_them(tmp_path: Path) -> None:
    answer = run(
        """
import os, pathlib, stat
source = '''
import os
def handler(event, context):
    found = os.stat("h.py")
    return [found.st_ino, found.st_mode & 0o777, os.getcwd()]
'''
first = lambda_svc._execute_function_warm(function(source, name="one"), {}, "r")["body"]
second = lambda_svc._execute_function_warm(function(source, name="two"), {}, "r")["body"]
other = lambda_svc._execute_function_warm(function(source + "#", name="three"), {}, "r")["body"]
print(json.dumps([first, second, other]))
""",
        tmp_path,
    )

    first, second, other = answer
    assert first[2] != second[2]
    assert first[0] == second[0] != other[0]
    assert first[1] == 0o444


def test_an_archive_cannot_unpack_outside_its_folder(tmp_path: Path) -> None:
    answer = run(
        """
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as opened:
    opened.writestr("../escaped.py", "x")
tried = function("")
tried["code_zip"] = archive.getvalue()
print(json.dumps(lambda_svc._execute_function_warm(tried, {}, "r")["body"]["errorMessage"]))
""",
        tmp_path,
    )

    assert "lies outside the archive" in answer
    assert not list(tmp_path.rglob("escaped.py"))


def test_at_the_end_nothing_is_polled_and_no_handler_runs_on(tmp_path: Path) -> None:
    answer = run(
        """
import threading, time
from local.embedded_aws.quiescence import quiesce
slow = function("import time\\ndef handler(event, context):\\n    time.sleep(0.5)\\n    return 'finished'")
answers = []
call = threading.Thread(target=lambda: answers.append(lambda_svc._execute_function(slow, {})["body"]))
call.start()
while not lambda_svc.executions_in_flight()[0]:
    time.sleep(0.01)
quiesce()
call.join()
from ministack.core import lambda_runtime
print(json.dumps([answers, len(lambda_runtime._workers), lambda_svc._poll_dynamodb_streams()]))
""",
        tmp_path,
    )

    assert answer == [["finished"], 0, False]


def test_buckets_of_a_run_that_crashed_are_forgotten_and_saved_ones_kept(tmp_path: Path) -> None:
    for bucket in ("kept", "left-over"):
        (tmp_path / "s3" / "000000000000" / bucket).mkdir(parents=True)
        (tmp_path / "s3" / "000000000000" / bucket / "object").write_text("x")
    saved = {"buckets_meta": {"__scoped__": True, "data": {"000000000000\x00'kept'": {"created": "2026"}}}}
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "s3.json").write_text(json.dumps({"__ministack_format__": 2, "payload": saved}))

    code = (
        "import json; from local.embedded_aws import catalogue; catalogue.install()\n"
        "from ministack.services import s3; print(json.dumps(sorted(name for _, name in s3._buckets._data)))"
    )
    listed = subprocess.run(
        [PYTHON, "-c", code],
        cwd=CHECKOUT,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(tmp_path / "s3"),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(tmp_path / "services"),
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(listed.stdout) == ["kept"]
    assert not (tmp_path / "s3" / "000000000000" / "left-over").exists()
    assert (tmp_path / "s3" / "000000000000" / "kept" / "object").exists()


def test_invocations_share_a_log_stream_that_keeps_the_newest_lines(tmp_path: Path) -> None:
    answer = run(
        """
from ministack.core.responses import _request_account_id, _request_region
from ministack.services import cloudwatch_logs
from local.embedded_aws.logs import log_streams
_request_account_id.set("000000000000"); _request_region.set("eu-west-1")
log_streams._KEPT_EVENTS = 100
loud = function("def handler(event, context):\\n    print('call', event)", name="loud")
for number in range(60):
    lambda_svc._execute_function(loud, number)
streams = cloudwatch_logs._log_groups["/aws/lambda/loud"]["streams"]
lines = [event["message"] for stream in streams.values() for event in stream["events"]]
print(json.dumps([len(streams), len(lines), "call 59" in lines, "call 0" in lines]))
""",
        tmp_path,
    )

    streams, lines, newest, oldest = answer
    assert streams == 1
    assert 80 < lines <= 104
    assert newest
    assert not oldest


def test_many_processes_may_unpack_the_same_code_at_once(tmp_path: Path) -> None:
    answer = run(
        """
from concurrent.futures import ThreadPoolExecutor
import pathlib, tempfile
from local.embedded_aws.lambda_.code_store import _SharingZipFile
archive = pathlib.Path(tempfile.gettempdir(), "many.zip")
with zipfile.ZipFile(archive, "w") as opened:
    for number in range(300):
        opened.writestr(f"package/module_{number}.py", f"value = {number}")
def unpack(folder):
    with _SharingZipFile(archive) as opened:
        opened.extractall(folder)
    return len(list(folder.rglob("*.py")))
targets = [pathlib.Path(tempfile.mkdtemp()) for _ in range(16)]
with ThreadPoolExecutor(16) as pool:
    counts = list(pool.map(unpack, targets))
print(json.dumps([counts, len(list(pathlib.Path(tempfile.gettempdir(), "code-store").iterdir()))]))
""",
        tmp_path,
    )

    assert answer == [[300] * 16, 300]


def test_a_reader_of_a_stream_goes_on_after_a_stop_where_it_was(tmp_path: Path) -> None:
    written = """
from ministack.core import persistence
from ministack.core.responses import _request_account_id, _request_region
from ministack.services import dynamodb
_request_account_id.set("000000000000"); _request_region.set("eu-west-1")
persistence.PERSIST_STATE, persistence.STATE_DIR = True, os.environ["HOME"]
"""
    run(
        written
        + """
dynamodb._stream_records["t"] = [{"dynamodb": {"SequenceNumber": str(number)}} for number in range(3)]
dynamodb._stream_trimmed["t"] = 5
persistence.save_all({"dynamodb": dynamodb.get_state})
print("null")
""",
        tmp_path,
    )

    answer = run(
        written
        + """
dynamodb.load_persisted_state(persistence.load_state("dynamodb"))
print(json.dumps([dynamodb.stream_records_since("t", 7, 10), dynamodb.stream_end_position("t")]))
""",
        tmp_path,
    )

    assert answer == [[{"dynamodb": {"SequenceNumber": "2"}}], 8]


OBJECTS = """
import time
from ministack.services import eventbridge, s3

kind = "AWS::S3::Bucket"
SETTINGS = {
    "BucketName": "b", "VersioningConfiguration": {"Status": "Enabled"},
    "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
    "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "the-key"}}]},
    "LifecycleConfiguration": {"Rules": [
        {"Id": "all", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 10},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}, "ExpiredObjectDeleteMarker": True},
        {"Id": "some", "Status": "Enabled", "Prefix": "drafts/", "ExpirationInDays": 3}]},
}
create(kind, SETTINGS)
"""


def test_encryption_and_lifecycle_of_a_bucket_are_applied_and_taken_back(tmp_path: Path) -> None:
    answer = run(
        CLOUDFORMATION
        + OBJECTS
        + """
def settings():
    return [s3._bucket_default_sse_headers("b"), s3._get_bucket_lifecycle("b")[0],
            s3._get_bucket_lifecycle("b")[2].decode() if s3._get_bucket_lifecycle("b")[0] == 200 else ""]
before = settings()
new = {name: value for name, value in SETTINGS.items() if name not in ("BucketEncryption", "LifecycleConfiguration")}
handlers[kind]["update"]("b", SETTINGS, new, "stack")
print(json.dumps([before, settings()]))
""",
        tmp_path,
    )

    (encryption, status, lifecycle), after = answer
    assert encryption == {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "the-key",
    }
    assert status == 200
    for part in ("<NoncurrentDays>10<", "<DaysAfterInitiation>2<", "<Prefix>drafts/<", "<Days>3<"):
        assert part in lifecycle
    assert after == [{}, 404, ""]


def test_the_event_of_a_new_object_names_its_version(tmp_path: Path) -> None:
    answer = run(
        CLOUDFORMATION
        + OBJECTS
        + """
sent = []
eventbridge._dispatch_event.__globals__["_upstream_dispatch"] = lambda event, *rest, **more: sent.append(event)
status, headers, _ = s3._put_object("b", "k", b"body", {})
deadline = time.monotonic() + 10
while not sent and time.monotonic() < deadline:
    time.sleep(0.01)
print(json.dumps([json.loads(sent[0]["Detail"])["object"]["version-id"], headers["x-amz-version-id"]]))
""",
        tmp_path,
    )

    assert answer[0] == answer[1]


def test_the_checksum_in_a_form_is_held_against_the_object_and_kept(tmp_path: Path) -> None:
    answer = run(
        CLOUDFORMATION
        + OBJECTS
        + """
import base64, hashlib
from local.embedded_aws.s3 import post_checksums
post_checksums._upstream_enforce = lambda *arguments: None
def post(checksum):
    fields = {"key": "k", "policy": "p", "x-amz-signature": "s", "x-amz-checksum-sha256": checksum}
    body = "".join(f'--x\\r\\nContent-Disposition: form-data; name="{name}"\\r\\n\\r\\n{value}\\r\\n'
                   for name, value in {**fields, "file": "body"}.items()) + "--x--\\r\\n"
    status, _, answer = s3._post_object("b", body.encode(), {"content-type": "multipart/form-data; boundary=x"})
    return [status, "BadDigest" in answer.decode()]
digest = lambda body: base64.b64encode(hashlib.sha256(body).digest()).decode()
wrong = post(digest(b"other"))
kept = s3._buckets["b"]["objects"].get("k")
right = post(digest(b"body"))
print(json.dumps([wrong, kept, right, s3._buckets["b"]["objects"]["k"]["checksums"] == {"SHA256": digest(b"body")}]))
""",
        tmp_path,
    )

    assert answer == [[400, True], None, [204, False], True]


def test_a_message_that_is_sent_while_others_are_deleted_is_kept(tmp_path: Path) -> None:
    answer = run(
        """
import asyncio, threading
from ministack.services import sqs

url = asyncio.run(sqs._dispatch("CreateQueue", {"QueueName": "tried"}, ""))["QueueUrl"]

class Slow(list):
    # Between its last message and what the reader does next, the reader's thread is switched away from.
    def __iter__(self):
        yield from list.__iter__(self)
        reading.set()
        sent.wait(1)

reading, sent = threading.Event(), threading.Event()
sqs._act_send_message({"MessageBody": "old"}, url)
sqs._queues[url]["messages"] = Slow(sqs._queues[url]["messages"])
delete = threading.Thread(target=sqs._delete_messages_for_esm, args=(url, {"handle"}))
delete.start()
reading.wait(5)

async def send():
    await sqs._dispatch("SendMessage", {"MessageBody": "one"}, url)
    await sqs._dispatch("SendMessageBatch", {"Entries": [{"Id": "1", "MessageBody": "batch"}]}, url)

asyncio.run(send())
sent.set()
delete.join()
print(json.dumps([message["body"] for message in sqs._queues[url]["messages"]]))
""",
        tmp_path,
    )

    assert answer == ["old", "one", "batch"]


def test_a_batch_of_messages_is_authorized_as_a_single_one(tmp_path: Path) -> None:
    answer = run(
        """
from ministack.core import iam_actions

def action(operation):
    headers = {"x-amz-target": f"AmazonSQS.{operation}", "content-type": "application/x-amz-json-1.0"}
    return iam_actions.extract_iam_action("sqs", "POST", "/", headers, b"{}", {})

operations = ("SendMessage", "SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch", "PurgeQueue")
print(json.dumps([action(operation) for operation in operations]))
""",
        tmp_path,
    )

    assert answer == [
        "sqs:SendMessage",
        "sqs:SendMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:PurgeQueue",
    ]


def test_a_copy_keeps_what_is_there_already_and_computes_the_checksum_it_asks_for(tmp_path: Path) -> None:
    answer = run(
        CLOUDFORMATION
        + OBJECTS
        + """
import base64, hashlib
def copy(source):
    return s3._copy_object("b", "target", {"x-amz-copy-source": f"/b/{source}", "if-none-match": "*",
                                           "x-amz-checksum-algorithm": "SHA256"})[0]
for name in ("one", "two"):
    s3._put_object("b", name, name.encode(), {})
statuses = [copy("one"), copy("two")]
expected = base64.b64encode(hashlib.sha256(b"one").digest()).decode()
print(json.dumps([statuses, s3._buckets["b"]["objects"]["target"]["checksums"].get("SHA256") == expected]))
""",
        tmp_path,
    )

    assert answer == [[200, 412], True]


def test_a_read_of_one_version_keeps_to_its_range_and_to_the_headers_it_asks_for(tmp_path: Path) -> None:
    answer = run(
        CLOUDFORMATION
        + OBJECTS
        + """
version = s3._put_object("b", "k", b"0123456789", {})[1]["x-amz-version-id"]
s3._put_object("b", "k", b"newer", {})
signed = {"authorization": "AWS4-HMAC-SHA256 x", "range": "bytes=2-4"}
query = {"versionId": [version], "response-content-disposition": ["attachment"]}
status, headers, body = s3._get_object("b", "k", signed, query)
print(json.dumps([status, body.decode(), headers["Content-Range"], headers["Content-Disposition"]]))
""",
        tmp_path,
    )

    assert answer == [206, "234", "bytes 2-4/10", "attachment"]
