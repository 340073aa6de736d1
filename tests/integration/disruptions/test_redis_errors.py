"""A Redis that answers with errors is one that does not work for now: one line, a pause, and on again."""

import pytest
from cassandra.cluster import Session

from stack.servers.one_of_each import Servers
from tests.chaos.faults.redis_errors import REFUSALS
from tests.pipeline.conversation import assert_rows_match, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

SAID = {
    "READONLY": "ReadOnlyError",
    "MASTERDOWN": "MasterDownError",
    "NOREPLICAS": "NOREPLICAS",
    "OOM": "OutOfMemoryError",
    "NOAUTH": "AuthenticationError",
    "NOPERM": "NoPermissionError",
    "max number of clients": "max number of clients",
    "BUSY": "ResponseError: BUSY",
    "LOADING": "BusyLoadingError",
}
MOST_LINES = 8
"""A process tells an error once; each of the tasks that were at work meets it too."""


def test_every_error_answer_is_waited_for(deploy: Deploy, servers: Servers, cassandra: Session) -> None:
    deployment = deploy()
    settings = deployment.settings
    _, dispatch, *workers = processes = deployment.start("ingest.1", "dispatch.1", "worker.1", "prefork.1")
    everything = []
    assert SAID.keys() == REFUSALS.keys()
    for number, (error, refusal) in enumerate(REFUSALS.items()):
        messages = some_messages(300, 20, seed=number)
        with refusal(servers.redis.url):
            send(settings, messages)
            # A busy Redis may not answer a worker at all until it is done; dispatch asks four times a second.
            for process in [dispatch] if error in {"BUSY", "LOADING"} else [dispatch, *workers]:
                process.wait_for_line(SAID[error])
        everything += messages
        read_outputs(settings, everything)
    assert_rows_match(cassandra, settings, read_outputs(settings, everything))
    assert all(process.runs for process in processes)
    lines = {
        (process.name, error): sum(said in line for line in process.log.splitlines())
        for process in processes
        for error, said in SAID.items()
    }
    assert all(count <= MOST_LINES for count in lines.values()), lines
