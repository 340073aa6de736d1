"""How a command is written for a shell, whatever a user's text in it is."""

import shlex


def in_shell(*words: str) -> str:
    """The words as bash reads them, in one line that shows every character."""
    return " ".join(map(_word, words))


def argument(word: str) -> str:
    """A word behind all options of a command: it is none itself, though it may begin as one."""
    return f"-- {in_shell(word)}" if word.startswith("-") else in_shell(word)


def _word(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_in_dollar_quotes, word))}'"


def _in_dollar_quotes(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode())
