"""The scripts of deploy/secured, with what they make."""

import ssl
import subprocess
from pathlib import Path

import pytest

from stack.security.passwords import Passwords
from stack.security.redis_security import RedisSecurity, redis_names
from tests.stack.security.test_certificates import shake_hands

FOLDER = Path(__file__).parents[2] / "deploy" / "secured"
NAMES = ("chat_dispatch", "chat_worker", "chat_flower", "chat_operator", "chat_console", "chat_init", "chat_ingest")


def run(script: str, *arguments: str | Path) -> str:
    """What the script prints."""
    command = ["sh", str(FOLDER / script), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_certificates_are_good_for_their_names(tmp_path: Path) -> None:
    run("certificates.sh", tmp_path, "kafka=kafka-1,127.0.0.1", "chat_ingest")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.pem"))
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_cert_chain(tmp_path / "kafka-both.pem")
    client = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    client.load_cert_chain(tmp_path / "chat_ingest.pem", tmp_path / "chat_ingest-key.pem")
    for host in ("kafka-1", "127.0.0.1"):
        shake_hands(client, server, host)
    with pytest.raises(ssl.SSLError, match="mismatch"):
        shake_hands(client, server, "kafka-2")
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
    before = (tmp_path / "kafka.pem").read_bytes()
    run("certificates.sh", tmp_path, "kafka=kafka-1", "chat_worker")
    assert (tmp_path / "kafka.pem").read_bytes() == before


def test_the_users_of_redis_are_those_of_the_local_stack(tmp_path: Path) -> None:
    run("passwords.sh", tmp_path / "passwords", *NAMES)
    passwords = Passwords(tmp_path / "passwords")
    local = RedisSecurity(passwords).write_list(tmp_path).read_text().splitlines()
    printed = run("redis.sh", tmp_path / "passwords").splitlines()
    assert {frozenset(line.split()) for line in printed} == {frozenset(line.split()) for line in local[1:]}
    run("redis-urls.sh", tmp_path / "passwords", "redis:6379")
    urls = {path.name.removesuffix(".redis-url"): path.read_text() for path in tmp_path.glob("passwords/*.redis-url")}
    assert urls == {name: f"rediss://{name}:{passwords.of(name)}@redis:6379/0" for name in redis_names()}


def test_a_password_stays(tmp_path: Path) -> None:
    run("passwords.sh", tmp_path, "chat_init")
    first = (tmp_path / "chat_init").read_text()
    run("passwords.sh", tmp_path, "chat_init", "chat_worker")
    assert (tmp_path / "chat_init").read_text() == first != (tmp_path / "chat_worker").read_text()
