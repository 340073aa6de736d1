"""The variables that settings are read from: those of the environment, and below them those of the file `.env`.

The file means the same to every process, whoever starts it. python-dotenv parses it, nothing in a value is expanded,
and a variable of the environment wins. honcho reads `.env` too, by rules of its own, and puts the values over the
environment of what it starts. Those values are taken out again here.
"""

import io
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dotenv.parser import parse_stream

from chat_tasks.errors import ConfigurationError

# Names another file than `.env`, one that honcho does not know.
FILE_VARIABLE = "CHAT_ENV_FILE"


def variables() -> dict[str, str]:
    """Every variable by its name. Raises `ConfigurationError` if the file is there and cannot be read."""
    chosen = os.environ.get(FILE_VARIABLE)
    path = Path(chosen or ".env")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if chosen:
            raise ConfigurationError(f"{FILE_VARIABLE}: there is no file {path}") from None
        text = ""
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8") from None
    in_file = _parse(path, text)
    return {**in_file, **(os.environ if chosen or not in_file else _environment_without_honcho(text))}


def _parse(path: Path, text: str) -> dict[str, str]:
    values = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            string = binding.original.string
            blank = string[: len(string) - len(string.lstrip())]
            # The line is not quoted: it may hold a password.
            raise ConfigurationError(f"{path}, line {binding.original.line + blank.count(chr(10))}: not NAME=value")
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values


def _environment_without_honcho(text: str) -> Mapping[str, str]:
    """The environment that honcho was started with, for those variables that it has taken from `.env`."""
    # These take longer to import than everything else here, and few processes have a `.env`.
    import psutil  # noqa: PLC0415
    from honcho import environ  # noqa: PLC0415

    environment = dict(os.environ)
    # The system may hide a process. honcho's parser raises `ValueError` for an open quote: the file was changed since
    # honcho started.
    with suppress(psutil.Error, ValueError):
        ancestors = psutil.Process().parents()
        honcho = next((one for one in ancestors if any(Path(word).name == "honcho" for word in one.cmdline())), None)
        if honcho is not None:
            before = honcho.environ()
            for name, value in environ.parse(text).items():
                # Another value comes from the Procfile itself.
                if environment.get(name) == value:
                    del environment[name]
                    environment.update({name: before[name]} if name in before else {})
    return environment
