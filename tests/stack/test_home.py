"""Where the stack keeps its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stack.home import PROJECT_ROOT, home_folder, jars_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_home_is_in_the_project_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAT_STACK_HOME", raising=False)
    assert home_folder() == PROJECT_ROOT / ".stack"
    assert (PROJECT_ROOT / "pyproject.toml").exists()


def test_the_environment_chooses_another_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHAT_STACK_HOME", str(tmp_path))
    assert home_folder() == tmp_path
    assert jars_folder() == tmp_path / "jars"
