"""Print the buckets that an embedded AWS has right after its start."""

import json

from ministack.services import s3

from local.embedded_aws import catalogue

catalogue.install()
print(json.dumps(sorted(name for _, name in s3._buckets._data)))  # noqa: T201 - read by a test
