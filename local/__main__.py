"""`python -m local`: see `local/cli.py`."""

import sys


def main() -> int:
    """Run the command; Ctrl-C ends it quietly, even during the imports."""
    try:
        from local import cli  # noqa: PLC0415 - it takes half a second, and Ctrl-C may come during it
    except KeyboardInterrupt:
        return 130
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
