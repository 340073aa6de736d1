"""Kafka itself: clients, topics, transactions, groups. The ground on which everything else of the bridge stands."""
