"""The references and the generated values of secrets."""

from ministack.services import secretsmanager

from tests.local.embedded_aws.resources import HANDLERS, create

TYPE = "AWS::SecretsManager::Secret"


def test_a_secret_is_referred_to_by_its_arn_and_generated_by_the_rules() -> None:
    properties = {"Name": "key", "GenerateSecretString": {"PasswordLength": 64, "ExcludePunctuation": True}}

    physical_id, _ = create(TYPE, properties)
    assert physical_id.startswith("arn:aws:secretsmanager:eu-west-1:000000000000:secret:key-")
    [version] = secretsmanager._secrets["key"]["Versions"].values()
    assert len(version["SecretString"]) == 64
    assert version["SecretString"].isalnum()

    changed = {**properties, "Description": "d"}
    assert HANDLERS[TYPE]["update"](physical_id, properties, changed, "stack", "Logical")[0] == physical_id
    assert secretsmanager._secrets["key"]["Description"] == "d"

    HANDLERS[TYPE]["delete"](physical_id, properties)
    assert "key" not in secretsmanager._secrets
