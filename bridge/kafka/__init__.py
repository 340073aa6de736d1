"""Clients, topics, transactions and groups of Kafka: the ground on which the rest of the bridge stands."""
