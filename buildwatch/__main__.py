"""`python -m buildwatch`, the same as the console script."""

from buildwatch.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
