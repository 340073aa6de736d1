"""What each identity may do with Kafka, from `deploy/secured/kafka.acl`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from stack.errors import StackError
from stack.security.lists import lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LIST = "kafka.acl"

_SECONDS = 30.0
# The least that Kafka takes: what slows a guess down slows every login of a test down too.
_ITERATIONS = 4096

_TYPES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional-id": ResourceType.TRANSACTIONAL_ID,
    # librdkafka's name of the cluster.
    "cluster": ResourceType.BROKER,
}
_OPERATIONS = {name.replace("_", "").lower(): operation for name, operation in AclOperation.__members__.items()}


class KafkaPermission(NamedTuple):
    """One operation that is allowed. A `name` that ends with `*` stands for all that begin as it does."""

    principal: str
    kind: str
    name: str
    operation: str

    def binding(self) -> AclBinding:
        """As a client of Kafka has it."""
        pattern = ResourcePatternType.PREFIXED if self.name.endswith("*") else ResourcePatternType.LITERAL
        return AclBinding(
            _TYPES[self.kind],
            self.name.removesuffix("*"),
            pattern,
            f"User:{self.principal}",
            "*",
            _OPERATIONS[self.operation.lower()],
            AclPermissionType.ALLOW,
        )


def kafka_permissions() -> Sequence[KafkaPermission]:
    """All that are listed."""
    return [
        KafkaPermission(principal, kind, name, operation)
        for principal, kind, name, *operations in map(str.split, lines_of(LIST))
        for operation in operations
    ]


def kafka_names() -> set[str]:
    """The identities that have to do with Kafka."""
    return {permission.principal for permission in kafka_permissions()}


def permit(admin: AdminClient, permissions: Sequence[KafkaPermission]) -> None:
    """Allow these; what is allowed already stays so. Raises `KafkaException`."""
    for future in admin.create_acls([permission.binding() for permission in permissions]).values():
        future.result(_SECONDS)


def forbid(admin: AdminClient, permission: KafkaPermission) -> None:
    """Take away one permission that was given. Raises `KafkaException`, `StackError` if it was not."""
    one = permission.binding()
    alone = AclBindingFilter(
        one.restype, one.name, one.resource_pattern_type, one.principal, one.host, one.operation, one.permission_type
    )
    for future in admin.delete_acls([alone]).values():
        if not future.result(_SECONDS):
            raise StackError(f"Kafka has no such permission: {permission}")


def set_passwords(admin: AdminClient, passwords: Mapping[str, str]) -> None:
    """Let these log in with SCRAM-SHA-512. Raises `KafkaException`."""
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS)
    asked: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(name, how, password=password.encode()) for name, password in passwords.items()
    ]
    for future in admin.alter_user_scram_credentials(asked).values():
        future.result(_SECONDS)
