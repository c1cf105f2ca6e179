"""Expressions and policies are parsed once, and not for each item and each request that they are looked up for.

Stands on `dynamodb._tokenize`, `dynamodb._condition_syntax_error` and `iam_evaluator.parse_policy_document`: what they
return follows from their arguments alone, and nobody changes it. A transaction of a hundred writes with conditions
spent a third of its time on one and the same condition.
"""

from functools import lru_cache
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import dynamodb

from local.embedded_aws.extension import Extension, Hook

# Texts to remember of each kind: more than the project's services have, and little memory where a client makes up many.
_TEXTS = 2048

_upstream_parse = iam_evaluator.parse_policy_document
_parse_text = lru_cache(_TEXTS)(_upstream_parse)


def _parse_policy_document(doc: Any) -> Any:
    return _parse_text(doc) if isinstance(doc, str) else _upstream_parse(doc)


def _install() -> None:
    dynamodb._tokenize = lru_cache(_TEXTS)(dynamodb._tokenize)
    dynamodb._condition_syntax_error = lru_cache(_TEXTS)(dynamodb._condition_syntax_error)
    iam_evaluator.parse_policy_document = _parse_policy_document


EXTENSION = Extension(
    name="parsed_once",
    closes="A condition was parsed anew for each item, and every policy of a role for each request.",
    hooks=(
        Hook(module="ministack.services.dynamodb", name="_tokenize", parameters=("expr",)),
        Hook(module="ministack.services.dynamodb", name="_condition_syntax_error", parameters=("expr", "slot")),
        Hook(module="ministack.core.iam_evaluator", name="parse_policy_document", parameters=("doc",)),
    ),
    install=_install,
)
