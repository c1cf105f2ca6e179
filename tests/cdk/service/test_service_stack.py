"""A service's stack as a whole."""

from cdk.settings.environment import Environment
from cdk.settings.manifests import load_manifests
from tests.cdk.project import ORDERS, Project
from tests.cdk.templates import Synthesize, Template


def test_the_outputs_name_what_scripts_look_for(orders: Template, ledger: Template) -> None:
    assert orders.content["Outputs"].keys() >= {
        "ApiFunctionName",
        "RelayFunctionName",
        "RelayOutboxParkedQueueUrl",
        "TableName",
    }
    assert ledger.content["Outputs"].keys() >= {"ConsumerEventsQueueUrl", "ConsumerEventsDeadLetterQueueUrl"}


def test_a_function_runs_from_the_bundle_that_it_names(
    project: Project,
    local: Environment,
    synthesize: Synthesize,
) -> None:
    project.add_examples()
    named = ORDERS.replace('trigger = "outbox"', 'trigger = "outbox"\nbundle = "heavy"')
    project.add_service("orders", f'{named}\n[bundles.heavy]\ndependencies = ["pillow"]\n', "api", "relay")
    project.write("functions/orders/requirements-heavy.txt", "pillow==1.0\n")

    assembly = synthesize(load_manifests(project.folder), [local])

    code = {
        function["FunctionName"]: function["Code"]["S3Key"]
        for function in assembly.stack("platform-local-orders").resources("AWS::Lambda::Function")
    }
    assert code["platform-local-orders-api"] != code["platform-local-orders-relay"]
