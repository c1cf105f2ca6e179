"""The files of `queries/`: what one answers, which parameters it has, and its text.

A file begins with comments (`#` in `.logs`, `--` in `.partiql`): what it answers, an empty one, and then TOML with
`parameters` (name to default; an empty one must be given), `log_groups` (`service/function`, `*` for any) of a query of
logs, and `scan = true` where a statement may read a whole table.
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
    """A query, not yet given its parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    language: Literal["logs", "partiql"]
    answers: str
    text: str
    parameters: dict[str, str] = {}
    log_groups: tuple[str, ...] = ()
    scan: bool = False

    def arguments(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the value of each parameter.

        Raises:
            OperateError: One is missing or unknown.
        """
        unknown = sorted(given.keys() - self.parameters.keys())
        if unknown:
            known = ", ".join(self.parameters) or "none"
            raise OperateError(f"{self.name} has no parameter {unknown[0]!r}; it has: {known}.")
        values = {**self.parameters, **given}
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise OperateError(f"{self.name} needs {missing[0]}=….")
        return values


def read_query(file: Path) -> QueryFile:
    """Read a file of `queries/`.

    Raises:
        OperateError: Its head is not as it must be.
    """
    comment = COMMENTS[file.suffix]
    lines = file.read_text("utf-8").splitlines()
    head: list[str] = []
    for line in lines:
        if not line.startswith(comment):
            break
        head.append(line.removeprefix(comment).removeprefix(" "))
    answers, _, settings = "\n".join(head).partition("\n\n")
    text = "\n".join(lines[len(head) :]).strip()
    try:
        return QueryFile.model_validate(
            {
                **tomllib.loads(settings),
                "name": file.stem,
                "language": file.suffix.removeprefix("."),
                "answers": " ".join(answers.split()),
                "text": text,
            }
        )
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise OperateError(f"queries/{file.name}: its head: {error}") from error


def read_queries(folder: Path = FOLDER) -> dict[str, QueryFile]:
    """Read every query, by name.

    Raises:
        OperateError: One is not as it must be, or two have one name.
    """
    queries: dict[str, QueryFile] = {}
    for file in sorted(folder.iterdir()):
        if file.suffix in COMMENTS:
            query = read_query(file)
            if query.name in queries:
                raise OperateError(f"queries/{file.name}: another file has this name, too.")
            queries[query.name] = query
    return queries
