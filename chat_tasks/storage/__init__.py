"""Cassandra: the only place that speaks CQL, and from which others get the driver."""

from chat_tasks.storage.without_numpy import import_driver

import_driver()
