"""Fetching jars over HTTP: several at once, each checked, each going on where an interrupted fetch left it."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from stack.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from stack.fetch.jar_list import Jar

_AT_ONCE = 8
_TIMEOUT_SECONDS = 30.0
_PIECE_BYTES = 1 << 16
_RETRIES = Retry(4, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504], raise_on_status=False)


def download(jars: Sequence[Jar], repository: str, folder: Path, done: Callable[[], None]) -> None:
    """Fetch what `folder` lacks of `jars`, and call `done` for each jar that is there.

    A jar has its own name only if its sum is right. What is not complete is named `….part`, and goes on the next time.
    Raises `FetchError`, whose text names the jar's address.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with requests.Session() as session, ThreadPoolExecutor(_AT_ONCE) as pool:
        session.mount(repository, HTTPAdapter(pool_maxsize=_AT_ONCE, max_retries=_RETRIES))

        def fetch_one(jar: Jar) -> None:
            if not (folder / jar.file_name).exists():
                _download(session, jar, f"{repository}/{jar.path}", folder)
            done()

        running = [pool.submit(fetch_one, jar) for jar in jars]
        try:
            for one in running:
                one.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _download(session: requests.Session, jar: Jar, address: str, folder: Path) -> None:
    part = folder / f"{jar.file_name}.part"
    try:
        _append(session, address, part)
    except requests.RequestException as error:
        raise FetchError(
            f"{address} cannot be fetched: {error}. What has come is kept: the next fetch goes on there."
        ) from error
    found = hashlib.sha256(part.read_bytes()).hexdigest()
    if found != jar.sha256:
        part.unlink()
        raise FetchError(f"{address} is not the pinned jar: its SHA-256 is {found}, and not {jar.sha256}")
    part.rename(folder / jar.file_name)


def _append(session: requests.Session, address: str, part: Path) -> None:
    there = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={there}-"} if there else {}
    with session.get(address, headers=headers, stream=True, timeout=_TIMEOUT_SECONDS) as answer:
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it had come before; its sum tells whether it is right
        answer.raise_for_status()
        mode = "ab" if answer.status_code == HTTPStatus.PARTIAL_CONTENT else "wb"
        with part.open(mode) as file:
            for piece in answer.iter_content(_PIECE_BYTES):
                file.write(piece)
