FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# The dependencies change seldom, the code often: they are layers of their own.
COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN mkdir chat_tasks bridge stack bench \
    && touch chat_tasks/__init__.py bridge/__init__.py stack/__init__.py bench/__init__.py \
    && pip install --constraint constraints.txt .
COPY chat_tasks chat_tasks
COPY bridge bridge
RUN pip install --constraint constraints.txt --no-deps --force-reinstall .

# Celery refuses nothing as root, but warns with reason.
RUN useradd --create-home chat
USER chat

# The processes drain at SIGTERM, and end at once at a second one.
STOPSIGNAL SIGTERM
CMD ["chat-tasks", "--help"]
