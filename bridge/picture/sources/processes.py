"""How each process of the pipeline is: asks the processes themselves, over HTTP."""

import http.client
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import orjson
from prometheus_client.parser import text_string_to_metric_families

from bridge.picture.sources.addresses import places_of, resolved
from chat_tasks.http.client import get
from chat_tasks.settings import Settings

_SECONDS = 2.0
_OK = 200
_AT_ONCE = 8
# A process that has ended is shown as dead for so long. After that it has moved, or was one too many.
_MISSED_SECONDS = 120.0

Labels = tuple[tuple[str, str], ...]
Samples = Mapping[str, Mapping[Labels, float]]
"""The values of metrics by name and by labels, the labels in order of their names."""


class Identity(NamedTuple):
    """Who answers at an address: `kind` is ingest, dispatch or worker."""

    kind: str
    name: str
    address: str


class Process(NamedTuple):
    """A process and what it said: its samples, and the JSON of `/readyz`.

    `failure` if it said nothing, and `failing_since` when it last said something, in seconds since 1970.
    """

    identity: Identity
    samples: Samples
    is_ready: bool
    detail: Mapping[str, Any]
    failure: str | None = None
    failing_since: float | None = None


class Processes:
    """Asks for `/metrics` and `/readyz` wherever a process may be.

    A source owns it and calls it in its thread. Nobody answers at most of the places: that is no news, unless somebody
    did so lately.
    """

    def __init__(self, settings: Settings) -> None:
        """Raise `ConfigurationError` if the setting is wrong."""
        self._places = places_of(settings.processes)
        self._seen: dict[str, tuple[float, Identity]] = {}

    def __call__(self) -> list[Process]:
        """The processes that answer, and those that did so lately, by kind and name."""
        addresses = resolved(self._places)
        with ThreadPoolExecutor(_AT_ONCE, "asking") as pool:
            found = [one for one in pool.map(self._ask, addresses) if one is not None]
        now = time.time()
        for one in found:
            self._seen[one.identity.address] = now, one.identity
        answering = {one.identity.address for one in found}
        self._seen = {place: seen for place, seen in self._seen.items() if now - seen[0] < _MISSED_SECONDS}
        # A process that was started again at another port is not missed at its old one.
        names = {one.identity[:2] for one in found}
        missed = [
            Process(
                identity,
                {},
                is_ready=False,
                detail={},
                failure=f"{identity.name} does not answer",
                failing_since=last,
            )
            for place, (last, identity) in self._seen.items()
            if place not in answering and identity[:2] not in names
        ]
        return sorted([*found, *missed], key=lambda one: one.identity)

    def _ask(self, address: str) -> Process | None:
        """What the process at that address says; None if none does."""
        host, _, port = address.rpartition(":")
        try:
            ready = get(host, int(port), "/readyz", _SECONDS)
            detail = orjson.loads(ready.body)
            identity = Identity(str(detail["process"]), str(detail["instance"]), address)
            metrics = get(host, int(port), "/metrics", _SECONDS)
            return Process(identity, samples_of(metrics.body.decode()), ready.status == _OK, detail)
        except (OSError, http.client.HTTPException, KeyError, TypeError, ValueError):
            # Whoever else has that port is none of ours.
            return None


def samples_of(text: str) -> Samples:
    """The samples in Prometheus' text format. Raises `ValueError`."""
    samples: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return samples
