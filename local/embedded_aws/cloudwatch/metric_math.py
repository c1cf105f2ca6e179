"""The part of CloudWatch's metric math that our alarms use; anything else is refused, never ignored.

Numbers, names of metrics, + - * /, comparisons, IF(condition, then, else) and FILL(metric, number), over the values of
one period. Independent of MiniStack.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import operator
from collections.abc import Callable, Mapping

# None for a period without a value.
type Value = float | None
type Formula = Callable[[Mapping[str, Value]], Value]

_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def formula(text: str) -> Formula:
    """Return a function that calculates the value of a period from the values of the metrics.

    Raises:
        ValueError: The text uses an unsupported part of metric math.
    """
    try:
        # The supported part is also valid Python.
        return _compiled(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError as error:
        raise ValueError(f"metric math is not understood: {text!r}") from error


def _compiled(node: ast.expr) -> Formula:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return lambda _values: float(number)
        case ast.Name(id=name):
            return lambda values: values[name]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _ARITHMETIC:
            return _joined(_ARITHMETIC[type(sign)], _compiled(left), _compiled(right))
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _COMPARISONS:
            return _joined(_COMPARISONS[type(sign)], _compiled(left), _compiled(right))
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise], keywords=[]):
            return _chosen(_compiled(condition), _compiled(then), _compiled(otherwise))
        case ast.Call(
            func=ast.Name(id="FILL"), args=[metric, ast.Constant(value=int() | float() as number)], keywords=[]
        ):
            return _filled(_compiled(metric), float(number))
        case _:
            raise ValueError(f"metric math is not understood: {ast.unparse(node)!r}")


def _joined(join: Callable[[float, float], float], left: Formula, right: Formula) -> Formula:
    def value(values: Mapping[str, Value]) -> Value:
        first, second = left(values), right(values)
        if first is None or second is None:
            return None
        try:
            return float(join(first, second))
        except ZeroDivisionError:
            return None

    return value


def _chosen(condition: Formula, then: Formula, otherwise: Formula) -> Formula:
    def value(values: Mapping[str, Value]) -> Value:
        met = condition(values)
        return None if met is None else (then if met else otherwise)(values)

    return value


def _filled(metric: Formula, number: float) -> Formula:
    def value(values: Mapping[str, Value]) -> Value:
        found = metric(values)
        return number if found is None else found

    return value
