"""Secrets."""

from cdk.settings.environment import Environment
from cdk.settings.manifests import load_manifests
from tests.cdk.project import ORDERS, Project
from tests.cdk.templates import Synthesize, Template


def test_the_secret_is_made_on_aws(orders: Template) -> None:
    secret = orders.only("AWS::SecretsManager::Secret")

    assert secret["GenerateSecretString"]["PasswordLength"] == 40
    assert "SecretString" not in secret


def test_a_secret_may_be_named_as_a_function(project: Project, synthesize: Synthesize, local: Environment) -> None:
    project.add_examples()
    twins = ORDERS.replace("[secrets.cursor-key]", "[secrets.api]").replace('"cursor-key"', '"api"')
    project.add_service("orders", twins, "api", "relay")

    template = synthesize(load_manifests(project.folder), [local]).stack("platform-local-orders")

    assert "SECRET_API_ARN" in template.variables("platform-local-orders-api")
