"""`chat-tasks completion`: the script with which a shell completes commands and options."""

import click
from click.shell_completion import get_completion_class

from bridge.terminal import show_line

_PROGRAM = "chat-tasks"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Show the script with which SHELL completes chat-tasks.

    The shell reads it at its start. bash: eval "$(chat-tasks completion bash)" in ~/.bashrc. zsh: the same in ~/.zshrc.
    fish: chat-tasks completion fish > ~/.config/fish/completions/chat-tasks.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    for line in found(ctx.find_root().command, {}, _PROGRAM, "_CHAT_TASKS_COMPLETE").source().splitlines():
        show_line(line)
