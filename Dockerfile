# `deploy/pin-images.sh` puts the digest behind the tag, in both lines.
FROM python:3.11-slim AS wheel

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

WORKDIR /build
COPY constraints-build.txt ./
RUN pip install --require-hashes --no-deps --requirement constraints-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY chat_tasks chat_tasks
COPY bridge bridge
COPY console console
# Nothing is fetched here: what builds is what was installed above.
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

# The dependencies change seldom, the code often: they are a layer of their own. All of them come as wheels.
COPY constraints.txt /build/
RUN pip install --require-hashes --no-deps --requirement /build/constraints.txt
COPY --from=wheel /wheels /wheels
RUN pip install --no-deps --no-index /wheels/*.whl

# Whoever gets code to run in a worker should not be root, not even in a container.
RUN useradd --create-home chat
USER chat
# Celery looks for the application in the working directory first, and is to find the installed one.
WORKDIR /home/chat

# The processes drain at SIGTERM, and end at once at a second one.
STOPSIGNAL SIGTERM
CMD ["chat-tasks", "--help"]
