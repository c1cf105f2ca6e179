import math
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from functions.shared.invocation import invocation, lambda_context, time_left_s
from tests.shared.fakes import FakeContext


def test_the_time_that_is_left_is_read_from_the_context_at_each_look() -> None:
    with invocation(FakeContext(3.0, 1.5)):
        assert (time_left_s(), time_left_s()) == (3.0, 1.5)


def test_outside_of_an_invocation_there_is_no_limit() -> None:
    assert (lambda_context(), time_left_s()) == (None, math.inf)


def test_an_invocation_ends_with_an_error_too() -> None:
    with pytest.raises(KeyError), invocation(FakeContext(1.0)):
        raise KeyError("name")

    assert lambda_context() is None


def test_a_thread_that_runs_in_a_copy_of_the_variables_sees_the_invocation() -> None:
    with invocation(FakeContext(7.0)), ThreadPoolExecutor() as pool:
        assert pool.submit(copy_context().run, time_left_s).result() == 7.0
