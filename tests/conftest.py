"""How hypothesis runs: on a shared machine time says nothing, and in CI the same examples run every time."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "chat-tasks", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("chat-tasks")

# A helper's failed assertion shall say as much as a test's own.
pytest.register_assert_rewrite("tests.pipeline.conversation", "tests.pipeline.deployment", "tests.chaos.run.run")
