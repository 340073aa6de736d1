"""A wrong argument is one line of error, and nothing is sent."""

import os
import subprocess

import click
import pytest

from bridge.cli import main
from tests.pipeline.deployment import SCRIPTS


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["send", "", "hello"], "conversationKey: must not be empty"),
        (["send", "abc", "x" * 70_000], "body: 70000 bytes, at most 65536 are allowed"),
        (["send", "abc", "hello", "--sender", "x" * 600], "sender: 600 bytes, at most 512 are allowed"),
        (["send", b"\xff", "hello"], "Argument 2 is not UTF-8. See `chat-tasks --help`."),
        (["send", "abc", "hello", "--to", b"a\xffb"], "Argument 5 is not UTF-8. See `chat-tasks --help`."),
        (["quarantine", "release", b"\xff"], "Argument 3 is not UTF-8. See `chat-tasks --help`."),
        (["latest", ""], "conversationKey: must not be empty"),
        (["latest", "x" * 600], "conversationKey: 600 bytes, at most 512 are allowed"),
        (["latest", "abc", "--before", str(2**64)], "See `chat-tasks latest --help`."),
        (["latest", "abc", "--before", "9" * 5000], "See `chat-tasks latest --help`."),
        (["latest", "abc", "-n", "-1"], "See `chat-tasks latest --help`."),
        (["latest"], "Missing argument 'CONVERSATION'. See `chat-tasks latest --help`."),
        (["nonsense\x1b[2J\nforged"], "See `chat-tasks --help`."),
        (["--nonsense"], "See `chat-tasks --help`."),
    ],
)
def test_one_line_says_why(arguments: list[str | bytes], reason: str) -> None:
    done = subprocess.run(
        [str(SCRIPTS / "chat-tasks"), *arguments],
        env={**os.environ, "CHAT_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done
    assert done.stdout == b""
    [line] = done.stderr.decode().splitlines()
    assert line.startswith("chat-tasks: ")
    assert line.endswith(reason)
    assert "\x1b" not in line


def test_a_shell_completes_commands() -> None:
    typed = 'eval "$(chat-tasks completion bash)"; COMP_WORDS=(chat-tasks d); COMP_CWORD=1; _chat_tasks_completion'
    completed = subprocess.run(
        ["bash", "-c", f'{typed} chat-tasks; echo "${{COMPREPLY[@]}}"'],
        env={**os.environ, "PATH": f"{SCRIPTS}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert completed.stdout.split() == ["dispatch", "doctor"]
    for shell in ("zsh", "fish"):
        shown = subprocess.run(
            [str(SCRIPTS / "chat-tasks"), "completion", shell], capture_output=True, text=True, check=True, timeout=60
        )
        assert "_CHAT_TASKS_COMPLETE" in shown.stdout
        assert "\\u" not in shown.stdout, "nothing is escaped"


def test_the_help_of_every_command_begins_with_a_sentence_that_is_shown_whole() -> None:
    assert isinstance(main, click.Group)
    context = click.Context(main)
    shown = main.get_help(context)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        first, _, _ = (command.help or "").partition(".")
        assert f"  {name}" in shown
        assert f"  {first}.\n" in f"{shown}\n", first
