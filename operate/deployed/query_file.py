"""The files of `queries/`: a description, parameters and the text of a query.

The head of a file consists of comments (`#` in `.logs`, `--` in `.partiql`): the description, an empty comment, and
TOML with `parameters` (name to default; an empty default makes the parameter mandatory), `log_groups` for a query of
logs (`service/function`, `*` matches any), and `scan = true` if a statement may read a whole table.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from operate.errors import OperateError

FOLDER = Path(__file__).resolve().parents[2] / "queries"
COMMENTS = {".logs": "#", ".partiql": "--"}


class QueryFile(BaseModel):
    """A query without the values of its parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    language: Literal["logs", "partiql"]
    description: str
    text: str
    parameters: dict[str, str] = {}
    log_groups: tuple[str, ...] = ()
    scan: bool = False

    def arguments(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the value of each parameter.

        Raises:
            OperateError: A parameter is missing or unknown.
        """
        unknown = sorted(given.keys() - self.parameters.keys())
        if unknown:
            known = ", ".join(self.parameters) or "none"
            raise OperateError(f"{self.name} has no parameter {unknown[0]!r}. Its parameters are: {known}.")
        values = {**self.parameters, **given}
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise OperateError(f"{self.name} needs the parameter {missing[0]}=….")
        return values


def read_query(file: Path) -> QueryFile:
    """Read a file of `queries/`.

    Raises:
        OperateError: Its head is invalid.
    """
    comment = COMMENTS[file.suffix]
    lines = file.read_text("utf-8").splitlines()
    head: list[str] = []
    for line in lines:
        if not line.startswith(comment):
            break
        head.append(line.removeprefix(comment).removeprefix(" "))
    description, _, settings = "\n".join(head).partition("\n\n")
    text = "\n".join(lines[len(head) :]).strip()
    try:
        return QueryFile.model_validate(
            {
                **tomllib.loads(settings),
                "name": file.stem,
                "language": file.suffix.removeprefix("."),
                "description": " ".join(description.split()),
                "text": text,
            }
        )
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise OperateError(f"queries/{file.name}: the head is invalid: {error}") from error


def read_queries(folder: Path = FOLDER) -> dict[str, QueryFile]:
    """Read every query, by name.

    Raises:
        OperateError: A file is invalid, or two files have the same name.
    """
    queries: dict[str, QueryFile] = {}
    for file in sorted(folder.iterdir()):
        if file.suffix in COMMENTS:
            query = read_query(file)
            if query.name in queries:
                raise OperateError(f"queries/{file.name}: another file has the same name.")
            queries[query.name] = query
    return queries
