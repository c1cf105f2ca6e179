"""S3: the clients of the process, and errors that a caller can act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from typing import Any

from functions.shared.aws.clients import ATTEMPTS, CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from functions.shared.aws.snapshot import at_restore
from functions.shared.aws.tls import share_tls_context
from functions.shared.errors import Unavailable
from functions.shared.rehearsal import guard_calls

# 409: another request is changing the same object at this moment.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_BUSY = frozenset({HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})


@cache
def s3_client(*, read_timeout_s: float = READ_TIMEOUT_S, attempts: int = ATTEMPTS) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
    """Return the process's client with this timeout and number of attempts.

    Presigned requests name the bucket and its region in the host, because the global host redirects for hours after a
    bucket is made, and a form cannot follow a redirect. If the endpoint is an address, the path names the bucket.
    Signature version 4 is required for objects that are encrypted with KMS.
    """
    from botocore.config import Config  # noqa: PLC0415 - see aws/clients.py
    from botocore.session import get_session  # noqa: PLC0415 - see above

    share_tls_context()
    guard_calls()
    made = get_session().create_client(
        "s3",
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": attempts},
            signature_version="s3v4",
            s3={"addressing_style": "virtual"},
        ),
    )
    at_restore(made.close)
    return made


@contextmanager
def translated_s3_errors() -> Iterator[None]:
    """Turn transient failures into `Unavailable`; any other failure is a defect of ours and stays as it is.

    Raises:
        Unavailable: S3 throttles, fails or cannot be reached.
    """
    from botocore import exceptions  # noqa: PLC0415 - see aws/clients.py
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - see above

    try:
        yield
    except exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        # S3 answers 400 if it waited too long for the content of a request.
        was_slow = error.response["Error"].get("Code") == "RequestTimeout"
        if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR or was_slow:
            raise Unavailable from error
        raise
    except (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.IncompleteReadError) as error:
        # Other BotoCoreErrors are not transient: invalid parameters would be retried again and again.
        raise Unavailable from error
    except HTTPError as error:
        raise Unavailable from error
