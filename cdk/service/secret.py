"""A random string in Secrets Manager; functions get its ARN."""

from typing import cast

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk.conventions.camel_case import camel
from cdk.conventions.grant import allow
from cdk.conventions.removal import removal_of
from cdk.conventions.suppressions import suppress_nag
from cdk.service.function import ServiceFunction
from cdk.service.service_key import ServiceKey, allow_key
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest


class ServiceSecret(Construct):
    """A secret of the manifest; AWS generates its value, which is in no template."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        manifest: Manifest,
        name: str,
        key: ServiceKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        self._key = key
        secret = secretsmanager.Secret(
            self,
            "Secret",
            description=f"{name} of {manifest.service} in {environment.name}",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=manifest.secrets[name].length,
                exclude_punctuation=True,
            ),
            removal_policy=removal_of(environment),
        )
        resource = cast("secretsmanager.CfnSecret", secret.node.default_child)
        # The CDK's own property would allow the whole account to use the key through Secrets Manager.
        resource.kms_key_id = key.arn
        suppress_nag(
            secret,
            {"AwsSolutions-SMG4": "It is known only inside the account; functions read a new value within minutes."},
        )
        # `Ref` is the ARN on AWS but the name on the embedded AWS; this attribute is the ARN on both.
        self.arn = resource.attr_id

    def grant(self, function: ServiceFunction) -> None:
        """Give the function the secret's ARN, and let it read the secret."""
        function.function.add_environment(f"SECRET_{self.name.upper().replace('-', '_')}_ARN", self.arn)
        allow(function.role, f"Secret{camel(self.name)}", ["secretsmanager:GetSecretValue"], [self.arn])
        allow_key(function.role, self._key.arn, through="secretsmanager")
