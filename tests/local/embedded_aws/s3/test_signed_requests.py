"""Signed requests that S3 refuses."""

import asyncio

from ministack.services import s3

from tests.local.embedded_aws.s3.buckets import create_bucket

TEXT = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'


def post(*fields: tuple[str, str]) -> tuple[int, str]:
    body = "".join("--x\r\n" + TEXT.format(*field) for field in fields) + "--x--\r\n"
    status, _, answer = s3._post_object("b", body.encode(), {"content-type": "multipart/form-data; boundary=x"})
    return status, answer.decode()


def test_a_form_s_fields_stand_before_its_file() -> None:
    create_bucket()

    status, answer = post(("file", "abc"), ("key", "k"))

    assert status == 400
    assert "Bucket POST must contain a field named 'key'." in answer


def test_fields_after_the_file_are_ignored() -> None:
    create_bucket()

    status, _ = post(("key", "k"), ("file", "abc"), ("submit", "Upload"), ("key", "other"))

    assert status == 204
    assert list(s3._buckets["b"]["objects"]) == ["k"]


def test_a_signed_url_is_refused_with_an_authorization_header() -> None:
    create_bucket()
    query = {"X-Amz-Algorithm": ["AWS4-HMAC-SHA256"], "X-Amz-Signature": ["0" * 64]}

    def answer(headers: dict[str, str]) -> tuple[int, bytes]:
        status, _, body = asyncio.run(s3.handle_request("GET", "/b/k", headers, b"", query))
        return status, body

    status, body = answer({"authorization": "Bearer token"})
    assert status == 400
    assert b"Only one auth mechanism allowed" in body
    status, body = answer({})
    assert status == 403
    assert b"SignatureDoesNotMatch" in body
