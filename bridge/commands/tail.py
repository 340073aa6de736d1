"""`chat-tasks tail`: shows the records of a topic as they come."""

import click

from bridge.kafka.topic_reader import TopicReader
from bridge.terminal import show_line
from chat_tasks.settings import Settings


@click.command()
@click.option("--topic", help="Another of the topics than instant_message_out.")
@click.option("--from-beginning", is_flag=True)
def tail(topic: str | None, from_beginning: bool) -> None:
    """Show the records of instant_message_out as they come, until interrupted."""
    settings = Settings()
    with TopicReader(settings, [topic or settings.output_topic], from_beginning=from_beginning) as reader:
        while True:
            for message in reader.poll(1.0):
                value = (message.value() or b"").decode(errors="backslashreplace")
                show_line(f"{message.topic()}[{message.partition()}] {message.offset()}  {value}")
