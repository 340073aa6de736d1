"""A broker with properties that the local servers' template does not have."""

from collections.abc import Mapping

from stack.servers.kafka import KafkaBroker


class AlteredBroker(KafkaBroker):
    """A broker with some properties of the test's own."""

    altered: Mapping[str, object]

    def prepare(self) -> list[str]:
        command = super().prepare()
        with (self.folder / "kafka.properties").open("a") as properties:
            properties.writelines(f"\n{name}={value}" for name, value in self.altered.items())
        return command

    def start_with(self, altered: Mapping[str, object]) -> None:
        """Start it anew with these properties, and wait until it answers."""
        self.stop()
        self.altered = altered
        self.start()
        self.wait_until_answering()
