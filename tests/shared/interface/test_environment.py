"""The functions read only environment variables that the interface lists, in the modules that it lists."""

import ast
import importlib.util
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.shared.interface.environment import LAMBDA, SERVICES, VARIABLES, Variable

PROJECT = Path(__file__).resolve().parents[3]
SHARED = "functions.shared."
# They take the name from their caller.
ACCESSORS = "functions.shared.aws.settings"


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(PROJECT).with_suffix("").parts)


def written(key: ast.expr) -> str:
    """Return the name that an expression gives, with `<>` for each part that is known only at run time."""
    if isinstance(key, ast.Constant):
        return str(key.value)
    assert isinstance(key, ast.JoinedStr), f"line {key.lineno}: expected the name of the variable as a literal"
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "<>" for part in key.values)


def reads(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the name in each read of an environment variable: by `setting`, or from `os.environ`."""
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"setting", "os.getenv"}:
            yield node.args[0]
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ":
            used = parents[node]
            call = parents[used]
            if isinstance(used, ast.Subscript):
                yield used.slice
            # A copy for a child process reads no variable by its name.
            elif ast.unparse(used) != "os.environ.items":
                assert isinstance(call, ast.Call), f"line {node.lineno}: expected os.environ[…] or os.environ.get(…)"
                assert ast.unparse(used) == "os.environ.get", f"line {node.lineno}"
                yield call.args[0]


def listed(name: str) -> Variable | None:
    """Find the variable of this name; a literal name comes before a pattern that also matches it."""
    exact = (each for each in VARIABLES if re.sub("<[A-Z]+>", "<>", each.name) == name)
    pattern = (each for each in VARIABLES if re.fullmatch(re.sub("<[A-Z]+>", "[A-Z0-9_]+", each.name), name))
    return next(exact, next(pattern, None))


@pytest.fixture(scope="module")
def readers() -> dict[str, set[str]]:
    """Map the name of each variable that the functions read to the modules that read it."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(PROJECT.glob("functions/**/*.py")):
        for key in reads(ast.parse(file.read_text("utf-8"))):
            if module_of(file) == ACCESSORS and isinstance(key, ast.Name):
                continue
            found[written(key)].add(module_of(file))
    return found


def test_each_read_is_listed_with_its_reader(readers: dict[str, set[str]]) -> None:
    assert len(readers) > 15
    for name, modules in readers.items():
        variable = listed(name)
        assert variable, (
            f"{name}, which {', '.join(modules)} reads, is not in functions/shared/interface/environment.py"
        )
        actual = {module if module.startswith(SHARED) else SERVICES for module in modules}
        assert actual <= set(variable.read_by), name


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_each_listed_variable_is_read_by_the_modules_that_the_list_names(
    readers: dict[str, set[str]], variable: Variable
) -> None:
    modules = {module for name, found in readers.items() if listed(name) is variable for module in found}

    for reader in variable.read_by:
        if reader == SERVICES:
            assert [module for module in modules if not module.startswith(SHARED)]
        elif reader.startswith("functions."):
            assert reader in modules
        else:
            library = importlib.util.find_spec(reader)
            assert library
            assert library.origin
            assert f'"{variable.name}"' in Path(library.origin).read_text("utf-8")
    assert variable.read_by


@pytest.mark.parametrize(
    "variable", [each for each in VARIABLES if each.given == "runtime"], ids=lambda variable: variable.name
)
def test_what_no_template_sets_is_set_by_lambda_or_by_the_module_that_the_list_names(variable: Variable) -> None:
    if variable.set_by == LAMBDA:
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        assert variable.name.startswith(("AWS_", "LAMBDA_"))
    else:
        file = PROJECT / Path(*variable.set_by.split(".")).with_suffix(".py")
        assert variable.name in file.read_text("utf-8")


def test_no_name_is_listed_twice() -> None:
    assert len({variable.name for variable in VARIABLES}) == len(VARIABLES)


def test_no_function_imports_the_list() -> None:
    importing = [
        file for file in PROJECT.glob("functions/**/*.py") if "shared.interface.environment" in file.read_text("utf-8")
    ]

    assert importing == []


@pytest.mark.parametrize("source", ['os.environ["A"]', 'os.environ.get("A", "b")', 'setting("A")', 'os.getenv("A")'])
def test_each_way_to_read_is_found(source: str) -> None:
    assert [written(key) for key in reads(ast.parse(source))] == ["A"]


@pytest.mark.parametrize("source", ["dict(os.environ)", '"A" in os.environ', 'os.environ.pop("A")'])
def test_another_way_to_read_is_refused(source: str) -> None:
    with pytest.raises(AssertionError, match="line 1"):
        list(reads(ast.parse(source)))
