"""The script of deploy/secured for Cassandra, on a node of its own users."""

from __future__ import annotations

import subprocess

import pytest

from chat_tasks.storage.session import connected
from stack.security.identities import ERASER
from stack.security.lists import FOLDER
from stack.servers.secured import SecuredServers
from tests.pipeline.secured import SecuredDeployment, settings_of

pytestmark = pytest.mark.servers


def test_a_role_logs_in_with_the_password_that_the_script_gave_it(
    secured_servers: SecuredServers, initialised: SecuredDeployment
) -> None:
    secured_servers.passwords.renew(ERASER)
    command = ("sh", str(FOLDER / "cassandra.sh"), str(secured_servers.passwords.path(ERASER).parent))
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with secured_servers.administration() as session:
        for statement in filter(None, printed.split(";\n")):
            session.execute(statement)
    environment = {**initialised.environment, **initialised.identities[ERASER]}
    with connected(settings_of(environment)) as session:
        assert session.execute("SELECT value FROM chat.stored_settings LIMIT 1").one() is not None
