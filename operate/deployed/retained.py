"""The resources that stay on AWS on purpose, with the reasons; docs/deploy.md has the same lists."""

# Types of resources that an environment with `removal: retain` keeps when their stack is deleted.
REASONS = {
    "AWS::Backup::BackupVault": "its lock keeps every backup until its time is over",
    "AWS::Cognito::UserPool": "the passwords of its users cannot be restored",
    "AWS::DynamoDB::Table": "it contains data; it is also protected from deletion",
    "AWS::KMS::Key": "without it, everything that it encrypts is lost, backups included",
    "AWS::Lambda::Version": "traffic can be moved back to it",
    "AWS::Logs::LogGroup": "logs must stay readable after the end of the environment",
    "AWS::S3::Bucket": "it contains data, or the audit trail of the account",
    "AWS::SecretsManager::Secret": "cursors and webhook secrets in use depend on it",
}
# Resources that `make destroy` leaves behind.
LEFT_BY_DESTROY = {
    "KMS keys": "AWS deletes them 30 days after their stacks, and does not charge for them until then",
    "the bootstrap stack CDKToolkit, its images and bundles": "other environments of the account use it",
    "the hosted zone": "it existed before the environment",
    "the DNS records that validate the certificates": "they cost nothing, and a new deployment uses them again",
    "SSM parameters": "they existed before the environment",
}
