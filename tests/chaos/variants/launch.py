"""Runs a command of the product after breaking something in it: `python -m tests.chaos.variants.launch VARIANT ...`."""

import importlib
import sys

from tests.pipeline.product import run


def main() -> None:
    """The variant's module says what to put in place of what."""
    _, variant, program, *arguments = sys.argv
    for owner, name, broken in importlib.import_module(f"tests.chaos.variants.{variant}").PATCHES:
        setattr(owner, name, broken)
    run(program, *arguments)


if __name__ == "__main__":
    main()
