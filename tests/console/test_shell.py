"""A command that a page shows is, in a shell, the command that was meant."""

import subprocess

import pytest

from console.shell import argument, in_shell

HOSTILE = "a b'c\"d$(reboot)`id`\\n\n\x07\u202e\u05e9\U0001f389;&|"


@pytest.mark.parametrize("word", ["", "plain", "two words", "it's", HOSTILE, "~/x", "*", "-x", "#not a comment"])
def test_a_shell_reads_the_words_that_were_meant(word: str) -> None:
    command = in_shell("printf", "%s|", word, "end")
    assert command.isprintable()
    found = subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout.decode()
    assert found == f"{word}|end|"


@pytest.mark.parametrize("word", ["plain", "-x", "--help", "two words"])
def test_an_argument_is_no_option(word: str) -> None:
    found = subprocess.run(["bash", "-c", f"printf '%s|' {argument(word)}"], capture_output=True, check=True).stdout
    assert found.decode() == (f"--|{word}|" if word.startswith("-") else f"{word}|")
