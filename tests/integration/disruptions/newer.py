"""Runs a command of the product as its next version would behave.

`python -m tests.integration.disruptions.newer PROGRAM ...`: the command writes tasks of version 3 and commit metadata
of version 3, and still reads those of the version before.
"""

import sys

from bridge.dispatch.commits import commit_metadata
from chat_tasks.errors import UnsupportedVersion
from chat_tasks.formats import tasks
from tests.pipeline.product import run

_encode_reply = tasks.encode_reply
_decode_metadata = commit_metadata.decode_metadata


def _check_both_versions(what: str, version: object) -> None:
    if version not in (2, 3):
        raise UnsupportedVersion(what, version)


def _decode_both_versions(text: str | None) -> commit_metadata.CommitMetadata:
    return _decode_metadata("3" + text[1:] if text and text[0] == "2" else text)


if __name__ == "__main__":
    tasks.VERSION = 3
    tasks.check_version = _check_both_versions
    commit_metadata._VERSION = "3"
    commit_metadata.decode_metadata = _decode_both_versions
    run(*sys.argv[1:])
