"""The command `chat-tasks doctor`."""

import sys

import click

from bridge.commands.doctor.diagnosis import diagnose
from bridge.commands.doctor.finding import Finding, Status, exit_code
from bridge.terminal import show_json, show_line
from chat_tasks.settings import Settings

_SIGNS = {Status.OK: "✓", Status.UNKNOWN: "?", Status.WARNING: "!", Status.FAILURE: "✗"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON array of check, status, detail and remedy.")
def doctor(*, as_json: bool) -> None:
    """Ask servers and processes everything that may be wrong.

    Each line says what mends it. Exit code 0: all is well. 1: there are warnings. 2: something does not work.
    """
    found: list[Finding] = []
    for finding in diagnose(Settings()):
        found.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        show_json([finding._asdict() for finding in found])
    sys.exit(exit_code(found))


def _show(finding: Finding) -> None:
    show_line(f"{_SIGNS[finding.status]} {finding.check}: {finding.detail}")
    if finding.remedy:
        show_line(f"    → {finding.remedy}")
