FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

# The dependencies change seldom, the code often: they are a layer of their own. All of them come as wheels.
WORKDIR /build
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
    > requirements.txt && pip install --constraint constraints.txt --requirement requirements.txt
COPY README.md LICENSE ./
COPY chat_tasks chat_tasks
COPY bridge bridge
RUN pip install --constraint constraints.txt .

# Whoever gets code to run in a worker should not be root, not even in a container.
RUN useradd --create-home chat
USER chat
# Not /build: celery looks for the application in the working directory first, and is to find the installed one.
WORKDIR /home/chat

# The processes drain at SIGTERM, and end at once at a second one.
STOPSIGNAL SIGTERM
CMD ["chat-tasks", "--help"]
