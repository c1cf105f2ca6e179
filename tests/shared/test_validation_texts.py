import re
from typing import Annotated, Any, Literal, get_args

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core._pydantic_core import list_all_errors
from pydantic_core.core_schema import ErrorType

from functions.shared.validation_texts import TEXTS, text_of

# Errors of Python's objects, functions and classes, which no JSON value is.
NOT_IN_JSON = {
    *("no_such_attribute", "get_attribute_error", "needs_python_object", "frozen_field", "frozen_instance"),
    *("dataclass_exact_type", "default_factory_not_called", "iteration_error", "callable_type"),
    *("is_instance_of", "is_subclass_of", "missing_sentinel_error", "ellipsis_error"),
    *("arguments_type", "missing_argument", "unexpected_keyword_argument", "missing_keyword_only_argument"),
    *("unexpected_positional_argument", "missing_positional_only_argument", "multiple_argument_values"),
}
PYTHON = re.compile(
    r"\b(python|tuple|list|dict(ionary)?|set|frozen\w*|deque|mapping|iterable|instance|class|None|True|False"
    r"|input|inputs|value error|assertion|timedelta|datetime|str|int|bool|float|valid)\b|'",
    re.IGNORECASE,
)
EXAMPLES: dict[str, Any] = {error["type"]: error for error in list_all_errors()}


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    names: tuple[str, ...] = Field(default=(), min_length=1, max_length=2)
    kinds: dict[str, int] = Field(default={}, max_length=1)
    kind: Literal["one", "two", True] | None = None
    number: int = Field(default=0, ge=0, le=9)
    on: bool = Field(default=True, strict=True)
    code: str = Field(default="ab", min_length=2, max_length=3, pattern="^[a-z]*$")

    @field_validator("number")
    @classmethod
    def _is_even(cls, number: int) -> int:
        if number % 2:
            raise ValueError("Expected an even number")
        return number


def texts(value: Any, into: Any = Thing) -> list[str]:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(into).validate_python(value)
    return [text_of(dict(error)) for error in raised.value.errors()]


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_the_text_of_every_type_of_error_has_json_s_words(kind: str) -> None:
    assert (kind in TEXTS) != (kind in NOT_IN_JSON), "Give it a text, or say that no JSON value causes it."
    if kind in TEXTS:
        context = {name: f"<{name}>" for name in EXAMPLES[kind].get("example_context") or {}}
        text = text_of({"type": kind, "msg": "Python's text", "ctx": context})
        assert text
        assert not PYTHON.search(text), text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"names": []}, "Expected 1 or more entries"),
        ({"names": ["a", "b", "c"]}, "Expected 2 or fewer entries"),
        ({"names": {}}, "Expected an array"),
        ({"names": ["a", 1]}, "Expected a string"),
        ({"kinds": []}, "Expected an object"),
        ({"kinds": {"a": 1, "b": 2}}, "Expected 1 or fewer entries"),
        ({"kind": "three"}, 'Expected "one", "two" or true'),
        ({"number": 3}, "Expected an even number"),
        ({"number": "x"}, "Expected an integer"),
        ({"number": 2.5}, "Expected an integer"),
        ({"number": 10}, "Expected 9 or less"),
        ({"number": -1}, "Expected 0 or more"),
        ({"on": "true"}, "Expected a boolean"),
        ({"code": "a"}, "Expected 2 or more characters"),
        ({"code": "abcd"}, "Expected 3 or fewer characters"),
        ({"code": "A1"}, "Expected a string that matches ^[a-z]*$"),
        ({"other": 1}, "This field is not known"),
        ([], "Expected an object"),
        ("Ada", "Expected an object"),
    ],
)
def test_an_invalid_value_is_answered_with_the_expected_one(value: Any, text: str) -> None:
    assert texts(value) == [text]


def test_a_service_s_own_text_stays() -> None:
    def refuse(_: str) -> str:
        raise PydanticCustomError("size", "Expected at most {most} bytes, not None", {"most": 3})

    assert texts("x", Annotated[str, AfterValidator(refuse)]) == ["Expected at most 3 bytes, not None"]
