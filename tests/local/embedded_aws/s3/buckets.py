"""A versioned bucket with encryption and a lifecycle, in the embedded AWS."""

import base64
import hashlib

from tests.local.embedded_aws.resources import create

TYPE = "AWS::S3::Bucket"
SETTINGS = {
    "BucketName": "b",
    "VersioningConfiguration": {"Status": "Enabled"},
    "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
    "BucketEncryption": {
        "ServerSideEncryptionConfiguration": [
            {
                "BucketKeyEnabled": True,
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "the-key"},
            }
        ]
    },
    "CorsConfiguration": {
        "CorsRules": [
            {
                "AllowedOrigins": ["https://app.example.com"],
                "AllowedMethods": ["GET", "POST"],
                "AllowedHeaders": ["*"],
                "ExposedHeaders": ["ETag"],
                "MaxAge": 60,
            }
        ]
    },
    "LifecycleConfiguration": {
        "Rules": [
            {
                "Id": "all",
                "Status": "Enabled",
                "NoncurrentVersionExpiration": {"NoncurrentDays": 10},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
                "ExpiredObjectDeleteMarker": True,
            },
            {"Id": "some", "Status": "Enabled", "Prefix": "drafts/", "ExpirationInDays": 3},
        ]
    },
}


def create_bucket() -> None:
    create(TYPE, SETTINGS)


def checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
