from local.stack_frames import readable

STACK = [
    '  File "/var/task/functions/refunds/lambdas/api.py", line 6, in <module>\n    import functions.refunds.routes\n',
    '  File "/var/task/functions/refunds/routes.py", line 52, in <module>\n    raise RuntimeError("boom")\n',
]


def test_the_innermost_frame_is_first_in_the_paths_of_the_checkout() -> None:
    assert list(readable(STACK)) == [
        'functions/refunds/routes.py:52 <module>  raise RuntimeError("boom")',
        "functions/refunds/lambdas/api.py:6 <module>  import functions.refunds.routes",
    ]


def test_a_frame_without_source_and_text_of_another_form_are_shown() -> None:
    assert list(readable(['  File "/var/task/fastapi/routing.py", line 3, in run\n', "  something else\n"])) == [
        "something else",
        "fastapi/routing.py:3 run",
    ]
