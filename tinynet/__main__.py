"""The command: `python -m tinynet --help`."""

import argparse
import sys

from tinynet.commands import planar, tables


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tinynet", description="A mini deep-learning framework in numpy."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    planar.add(commands)
    tables.add(commands)
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    chosen = arguments(words)
    try:
        chosen.run(chosen)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except (ValueError, FloatingPointError, OSError) as error:
        print(f"python -m tinynet {chosen.command}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
