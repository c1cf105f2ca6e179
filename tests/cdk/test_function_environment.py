"""The templates set exactly the environment variables that the interface lists, and the modules that it names do so."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cdk.settings.environment import environment_names
from cdk.settings.manifest import Function, Manifest
from cdk.settings.manifests import PROJECT, load_manifests
from functions.shared.interface.environment import VARIABLES, Condition, Kind, Variable
from tests.cdk.templates import Assembly

LISTED = [variable for variable in VARIABLES if variable.given != "runtime"]
OF_MANIFESTS = [variable for variable in LISTED if variable.given != "hook"]
HOLDS: dict[Condition, Callable[[Manifest, Function], object]] = {
    "always": lambda _, _function: True,
    "http": lambda _, function: function.trigger == "http",
    "outbox": lambda _, function: function.trigger == "outbox",
    "events": lambda _, function: function.trigger == "events",
    "queue": lambda _, function: function.has_queue,
    "pool": lambda _, function: function.trigger == "http" or function.pool_actions,
    "people": lambda _, function: (
        function.trigger == "http" or function.pool_actions or function.finds_deactivated_people
    ),
    "sign-in": lambda _, function: function.signs_people_in,
    "platform": lambda _, function: function.watches_platform or function.redrives_dead_letters,
    "table": lambda manifest, _: manifest.table,
    "bucket": lambda manifest, _: manifest.bucket,
}
ENTRIES: dict[str, Callable[[Manifest, Function], Collection[str]]] = {
    "<SETTING>": lambda manifest, _: manifest.settings,
    "<SECRET>": lambda _, function: function.secrets,
    "<QUEUE>": lambda _, function: function.sends_to,
    "<SERVICE>": lambda _, function: function.reaches,
}
IS_OF_KIND: dict[Kind, Callable[[Any], object]] = {
    "text": lambda value: isinstance(value, str) and value,
    "integer": lambda value: int(value) > 0,
    "list": lambda value: all(value.split(",")),
    "json": lambda value: json.loads(value) is not None,
    "reference": lambda value: isinstance(value, dict),
}


@pytest.fixture(params=["assembly", pytest.param("own_services", marks=pytest.mark.slow)])
def deployed(request: pytest.FixtureRequest, examples: Sequence[Manifest]) -> tuple[Assembly, Sequence[Manifest]]:
    """The examples, and the services of this project, each in every environment."""
    manifests = examples if request.param == "assembly" else load_manifests()
    return request.getfixturevalue(request.param), manifests


def expected(manifest: Manifest, function: Function) -> Iterator[tuple[str, Variable]]:
    """Yield each variable that a function gets, by its name in the template."""
    for variable in OF_MANIFESTS:
        if variable.given == "each":
            [entry] = re.findall("<[A-Z]+>", variable.name)
            for name in ENTRIES[entry](manifest, function):
                yield variable.name.replace(entry, name.upper().replace("-", "_")), variable
        elif HOLDS[variable.given](manifest, function):
            yield variable.name, variable


@pytest.mark.parametrize("environment", environment_names())
def test_each_function_gets_the_listed_variables_whose_condition_holds_and_no_others(
    deployed: tuple[Assembly, Sequence[Manifest]], environment: str
) -> None:
    assembly, manifests = deployed
    for manifest in manifests:
        template = assembly.stack(f"platform-{environment}-{manifest.service}")
        for name, function in manifest.functions.items():
            variables = template.variables(f"platform-{environment}-{manifest.service}-{name}")
            wanted = dict(expected(manifest, function))
            assert variables.keys() == wanted.keys(), (manifest.service, name)
            for key, variable in wanted.items():
                assert IS_OF_KIND[variable.kind](variables[key]), (key, variables[key])


def written(tree: ast.AST) -> Iterator[str]:
    """Yield the name of each variable that a module gives to a function, with `<>` for a part that is not literal."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called.endswith(".add_environment"):
            yield name_of(node.args[0])
        elif called == "lambda_.Function":
            [environment] = [each.value for each in node.keywords if each.arg == "environment"]
            for part in ast.walk(environment):
                keys = part.keys if isinstance(part, ast.Dict) else [part.key] if isinstance(part, ast.DictComp) else []
                yield from (name_of(key) for key in keys if key)


def name_of(key: ast.expr) -> str:
    if isinstance(key, ast.Constant):
        return str(key.value)
    assert isinstance(key, ast.JoinedStr), f"line {key.lineno}: expected the name of the variable as a literal"
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "<>" for part in key.values)


def test_each_variable_is_set_by_the_module_that_the_list_names() -> None:
    setters: dict[str, set[str]] = defaultdict(set)
    for file in sorted(PROJECT.glob("cdk/**/*.py")):
        module = ".".join(Path(file).relative_to(PROJECT).with_suffix("").parts)
        for name in written(ast.parse(file.read_text("utf-8"))):
            setters[name].add(module)

    assert setters == {re.sub("<[A-Z]+>", "<>", each.name): {each.set_by} for each in LISTED}
