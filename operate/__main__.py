"""`python -m operate`: see `operate/cli.py`."""

import sys


def main() -> int:
    """Run the command; Ctrl-C ends it without a stack trace, also while modules are loaded."""
    try:
        from operate import cli  # noqa: PLC0415 - loading takes half a second, in which Ctrl-C may come
    except KeyboardInterrupt:
        return 130
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
