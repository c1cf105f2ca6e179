"""Compares answers with an OpenAPI 3.1 document, which has JSON Schemas of draft 2020-12."""

import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_DOCUMENT = "urn:document"


class Contract:
    """The OpenAPI document of a version."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._paths: Mapping[str, Mapping[str, Any]] = document["paths"]
        resource: Resource[Any] = Resource.from_contents(dict(document), default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(_DOCUMENT, resource)

    def template_of(self, method: str, path: str) -> str | None:
        """Return the path template of an operation; None if the document has no such operation."""
        # Of two templates that match, the one with fewer parameters is meant: `/users/me` before `/users/{user_id}`.
        for template in sorted(self._paths, key=lambda each: each.count("{")):
            parts = re.split(r"\{[^}]*\}", template)
            if method.lower() in self._paths[template] and re.fullmatch("[^/]+".join(map(re.escape, parts)), path):
                return template
        return None

    def fault_of(self, method: str, path: str, *, status: int, media_type: str, content: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return how an answer differs from the document, without the answer's values; None if it fits.

        Args:
            method: The method of the request.
            path: Its path, without the query.
            status: The status of the answer.
            media_type: Its content type, without parameters.
            content: The JSON value of its body; None if it has no body.
        """
        template = self.template_of(method, path)
        if template is None:
            return "an operation that the document does not have"
        answers = self._paths[template][method.lower()]["responses"]
        if str(status) not in answers:
            return f"the status {status}, which the document does not have"
        kinds = answers[str(status)].get("content", {})
        if not kinds:
            return None if content is None else "a body, where the document has none"
        if media_type not in kinds:
            return f"the content type {media_type or '(none)'}, where the document has {', '.join(kinds)}"
        if "schema" not in kinds[media_type]:
            return None
        steps = ("paths", template, method.lower(), "responses", str(status), "content", media_type, "schema")
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
        schema = {"$ref": f"{_DOCUMENT}#/{pointer}"}
        errors = Draft202012Validator(schema, registry=self._registry).iter_errors(content)
        faults = sorted({f"{error.json_path} ({error.validator})" for error in errors})
        return f"a body that does not fit its schema at {', '.join(faults[:3])}" if faults else None
