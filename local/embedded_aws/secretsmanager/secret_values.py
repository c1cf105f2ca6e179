"""Return the ARN as a secret's reference, and generate its value by the rules of the template.

Relies on the CloudFormation handlers of `AWS::SecretsManager::Secret`, on
`provisioners._sm_secret_string`, `secretsmanager._resolve` and `secretsmanager._get_random_password`.
"""

import json
from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from local.embedded_aws.cloudformation import Properties
from local.embedded_aws.extension import Extension, Hook, HookMovedError

_TYPE = "AWS::SecretsManager::Secret"

_upstream_string = provisioners._sm_secret_string


def _secret_string(properties: Properties) -> str:
    rules = properties.get("GenerateSecretString")
    if rules is None or properties.get("SecretString"):
        given: str = _upstream_string(properties)
        return given
    status, _, body = secretsmanager._get_random_password(rules)
    answer = json.loads(body)
    if status >= 400:  # noqa: PLR2004 - HTTP
        raise ValueError(f"GenerateSecretString: {answer}")
    password: str = answer["RandomPassword"]
    template = rules.get("SecretStringTemplate")
    return json.dumps({**json.loads(template), rules["GenerateStringKey"]: password}) if template else password


def _storage_key(physical_id: str) -> str:
    """Return the name of a secret: secrets are stored by name, but the handlers get the returned ARN."""
    key, _ = secretsmanager._resolve(physical_id)
    return key or physical_id


def _install() -> None:
    handlers = provisioners._RESOURCE_HANDLERS.get(_TYPE, {})
    if not {"create", "update", "delete"} <= handlers.keys():
        raise HookMovedError(f"the CloudFormation handler of {_TYPE}", "is gone")
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def create_as_arn(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:
        _, attributes = create(logical_id, properties, stack_name)
        return attributes["Arn"], attributes

    def update_as_arn(physical_id: str, *arguments: Any) -> tuple[str, dict[str, Any]]:
        _, attributes = update(_storage_key(physical_id), *arguments)
        return attributes["Arn"], attributes

    def delete_by_arn(physical_id: str, properties: Properties) -> None:
        delete(_storage_key(physical_id), properties)

    handlers.update(create=create_as_arn, update=update_as_arn, delete=delete_by_arn)
    provisioners._sm_secret_string = _secret_string


EXTENSION = Extension(
    closes="Ref of a secret was its name, which policies do not match, and values ignored the template's rules.",
    hooks=(
        Hook(
            module="ministack.services.cloudformation.provisioners",
            name="_sm_secret_create",
            parameters=("logical_id", "props", "stack_name"),
            contains=("secret_string = _sm_secret_string(props)", 'return name, {"Id": arn, "Arn": arn}'),
        ),
        Hook(module="ministack.services.secretsmanager", name="_resolve", parameters=("secret_id", "use_arn_scope")),
        Hook(module="ministack.services.secretsmanager", name="_get_random_password", parameters=("data",)),
    ),
    install=_install,
)
