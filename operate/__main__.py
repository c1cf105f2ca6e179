"""`python -m operate`: see `operate/cli.py`."""

import sys


def main() -> int:
    """Run the command; Ctrl-C ends it without a stack trace, even while modules load."""
    try:
        from operate import cli  # noqa: PLC0415 - loading takes half a second, and Ctrl-C may come during it
    except KeyboardInterrupt:
        return 130
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
