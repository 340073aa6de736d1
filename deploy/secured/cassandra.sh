#!/bin/sh
# Prints the CQL that lets each identity log in to Cassandra, for cqlsh:
#
#   sh cassandra.sh PASSWORDS | cqlsh …
#
# PASSWORDS is the folder of passwords.sh. May be run again, with changed passwords too.
set -eu
here=$(dirname "$0")
for identity in $(sed -n 's/^GRANT .* TO \(.*\);$/\1/p' "$here"/cassandra-*.cql | sort -u); do
    echo "CREATE ROLE IF NOT EXISTS $identity WITH LOGIN = true;"
    echo "ALTER ROLE $identity WITH PASSWORD = '$(cat "$1/$identity")';"
done
