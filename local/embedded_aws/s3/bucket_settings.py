"""Apply the encryption, the lifecycle and the CORS rules that a template gives a bucket.

Relies on the S3 service's own `_put_bucket_encryption`, `_put_bucket_lifecycle` and `_put_bucket_cors`, and their
`_delete_…` functions.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.services import s3

from local.embedded_aws.cloudformation import Properties, after
from local.embedded_aws.extension import Extension, Hook

# The name in CloudFormation, and the name in S3: https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
_RULE_TEXTS = {"Id": "ID", "Status": "Status"}
_RULE_PARTS = {
    "ExpirationInDays": ("Expiration", "Days"),
    "ExpiredObjectDeleteMarker": ("Expiration", "ExpiredObjectDeleteMarker"),
    "NoncurrentVersionExpiration": ("NoncurrentVersionExpiration", "NoncurrentDays"),
    "AbortIncompleteMultipartUpload": ("AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
}
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CORSRule.html
_CORS_LISTS = {
    "AllowedOrigins": "AllowedOrigin",
    "AllowedMethods": "AllowedMethod",
    "AllowedHeaders": "AllowedHeader",
    "ExposedHeaders": "ExposeHeader",
}
# The account's key, which S3 uses if a bucket names none; the embedded AWS needs its name.
_ACCOUNT_KEY = "alias/aws/s3"


def _apply(bucket: str, old: Properties, new: Properties) -> None:
    for name, to_xml, put, delete in (
        ("BucketEncryption", _encryption, s3._put_bucket_encryption, s3._delete_bucket_encryption),
        ("LifecycleConfiguration", _lifecycle, s3._put_bucket_lifecycle, s3._delete_bucket_lifecycle),
        ("CorsConfiguration", _cors, s3._put_bucket_cors, s3._delete_bucket_cors),
    ):
        if name in new and _has_its_key(new[name]):
            status, _, body = put(bucket, tostring(to_xml(new[name])))
            if status >= 400:  # noqa: PLR2004 - HTTP
                raise ValueError(f"{name} of {bucket} was refused: {body!r}")
        elif name in old:
            delete(bucket)


def _has_its_key(configuration: Mapping[str, Any]) -> bool:
    """Return False for encryption with the key `aws/s3`, which MiniStack lacks: it would refuse every upload."""
    defaults = [
        rule["ServerSideEncryptionByDefault"] for rule in configuration.get("ServerSideEncryptionConfiguration", ())
    ]
    return all(default["SSEAlgorithm"] == "AES256" or "KMSMasterKeyID" in default for default in defaults)


def _encryption(configuration: Mapping[str, Any]) -> Element:
    root = Element("ServerSideEncryptionConfiguration", xmlns=s3.S3_NS)
    for given in configuration["ServerSideEncryptionConfiguration"]:
        rule = SubElement(root, "Rule")
        default = given["ServerSideEncryptionByDefault"]
        applied = SubElement(rule, "ApplyServerSideEncryptionByDefault")
        SubElement(applied, "SSEAlgorithm").text = default["SSEAlgorithm"]
        if default["SSEAlgorithm"] == "aws:kms":
            SubElement(applied, "KMSMasterKeyID").text = default.get("KMSMasterKeyID", _ACCOUNT_KEY)
        SubElement(rule, "BucketKeyEnabled").text = _text(given.get("BucketKeyEnabled", False))
    return root


def _lifecycle(configuration: Mapping[str, Any]) -> Element:
    root = Element("LifecycleConfiguration", xmlns=s3.S3_NS)
    for given in configuration["Rules"]:
        rule = SubElement(root, "Rule")
        for name, tag in _RULE_TEXTS.items():
            if name in given:
                SubElement(rule, tag).text = given[name]
        SubElement(SubElement(rule, "Filter"), "Prefix").text = given.get("Prefix", "")
        for parent, tag, value in _parts(given):
            found = rule.find(parent)
            SubElement(SubElement(rule, parent) if found is None else found, tag).text = _text(value)
    return root


def _cors(configuration: Mapping[str, Any]) -> Element:
    root = Element("CORSConfiguration", xmlns=s3.S3_NS)
    for given in configuration["CorsRules"]:
        rule = SubElement(root, "CORSRule")
        for name, tag in _CORS_LISTS.items():
            for value in given.get(name, ()):
                SubElement(rule, tag).text = value
        if "MaxAge" in given:
            SubElement(rule, "MaxAgeSeconds").text = _text(given["MaxAge"])
    return root


def _parts(rule: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for name, (parent, tag) in _RULE_PARTS.items():
        if name in rule:
            value = rule[name]
            yield parent, tag, value[tag] if isinstance(value, Mapping) else value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


EXTENSION = Extension(
    closes="CloudFormation dropped the encryption, the lifecycle and the CORS rules of a bucket.",
    hooks=(
        *(
            Hook(module="ministack.services.s3", name=name, parameters=("name", "body"))
            for name in ("_put_bucket_encryption", "_put_bucket_lifecycle", "_put_bucket_cors")
        ),
        *(
            Hook(module="ministack.services.s3", name=name, parameters=("name",))
            for name in ("_delete_bucket_encryption", "_delete_bucket_lifecycle", "_delete_bucket_cors")
        ),
    ),
    install=lambda: after("AWS::S3::Bucket", _apply),
    stands_in={
        "AWS::S3::Bucket": "Objects, versions, events, signed requests and CORS are real; encryption and lifecycle are"
        " recorded, but objects are stored unencrypted and do not expire.",
        "AWS::KMS::Key": "Encrypts and decrypts for its callers; S3 does not use it.",
    },
)
