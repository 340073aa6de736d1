"""From variables to the values of settings: which names there are, `…_FILE`, and the properties of Kafka's client.

A variable with the prefix `CHAT_` that nothing reads is an error: a misspelt password would be no password.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from chat_tasks.environment import FILE_VARIABLE
from chat_tasks.errors import ConfigurationError

_PREFIX = "CHAT_"
_KAFKA_PREFIX = "CHAT_KAFKA_"
_FILE_SUFFIX = "_FILE"

# All variables with the prefix that are no settings: this is their only list.
READ_ELSEWHERE = frozenset(
    {
        FILE_VARIABLE,
        # By the Procfile and docker-compose.yml.
        "CHAT_WORKER_CONCURRENCY",
        "CHAT_FLOWER_PORT",
    }
)
# Those of the local servers and pipelines, for development and tests.
_STACK_PREFIX = "CHAT_STACK_"

# Settings that hold a secret, besides Kafka's properties: each may be read from a file.
_SECRETS = frozenset(
    {
        "redis_url",
        "cassandra_password",
        "task_key",
        "console_viewer_password",
        "console_reader_password",
        "console_operator_password",
    }
)
# Properties of Kafka's client whose own names end like a variable for a file.
_FILE_PROPERTIES = frozenset(
    f"sasl.oauthbearer.assertion.{name}" for name in ("file", "jwt.template.file", "private.key.file")
)


class ReadValues(NamedTuple):
    """The values of settings by name, those of Kafka's client by property, and what is wrong with other variables."""

    settings: Mapping[str, str]
    kafka_properties: Mapping[str, str]
    reasons: list[str]


def kafka_variable(kafka_property: str) -> str:
    """The variable of a property of Kafka's client: `sasl.username` is `CHAT_KAFKA_SASL_USERNAME`."""
    return _KAFKA_PREFIX + kafka_property.replace(".", "_").upper()


def read_values(found: Mapping[str, str], settings: Collection[str]) -> ReadValues:
    """What these variables say of `settings`, the names of all settings. A reason names a variable, and no value."""
    names = {_PREFIX + name.upper(): name for name in settings}
    files = {variable + _FILE_SUFFIX: variable for variable, name in names.items() if name in _SECRETS}
    values: dict[str, str] = {}
    reasons: list[str] = []
    for variable in sorted(filter(_is_for_settings, found)):
        target = files.get(variable) or _target(variable, names)
        if target is None:
            from difflib import get_close_matches  # noqa: PLC0415 - nearly no start needs it

            close = get_close_matches(variable, [*names, *files], 1)
            reasons.append(f"{variable}: there is no such setting{f', but {close[0]}' if close else ''}")
        elif target == variable:
            values[target] = found[variable]
        elif target in found:
            reasons.append(f"{variable}: {target} is set too")
        else:
            try:
                values[target] = read_secret(Path(found[variable]))
            except ConfigurationError as error:
                reasons.append(f"{variable}: {error}")
    return ReadValues(
        {names[variable]: value for variable, value in values.items() if variable in names},
        {_property(variable): value for variable, value in values.items() if variable not in names},
        reasons,
    )


def _is_for_settings(variable: str) -> bool:
    return variable.startswith(_PREFIX) and variable not in READ_ELSEWHERE and not variable.startswith(_STACK_PREFIX)


def read_secret(path: Path) -> str:
    """What the file holds, without the line break that editors put at its end. Raises `ConfigurationError`."""
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8") from None


def _target(variable: str, names: Collection[str]) -> str | None:
    """The variable whose value this one gives, itself or in a file; None if nothing reads it."""
    if variable in names:
        return variable
    if not variable.startswith(_KAFKA_PREFIX):
        return None
    is_file = variable.endswith(_FILE_SUFFIX) and _property(variable) not in _FILE_PROPERTIES
    target = variable.removesuffix(_FILE_SUFFIX) if is_file else variable
    return None if target in names else target


def _property(variable: str) -> str:
    return variable.removeprefix(_KAFKA_PREFIX).lower().replace("_", ".")
