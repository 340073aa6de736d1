#!/bin/sh
# Gives each identity its password and its permissions in Kafka, with Kafka's own tools, which have to be on PATH:
#
#   sh kafka.sh BROKER:PORT ADMIN.PROPERTIES PASSWORDS [IDENTITY …]
#
# ADMIN.PROPERTIES lets one of the brokers' super.users in. PASSWORDS is the folder of passwords.sh. May be run again.
# A permission that is taken out of kafka.acl is taken away by `kafka-acls.sh --remove`.
set -eu
here=$(dirname "$0")
server=$1 admin=$2 passwords=$3
shift 3
[ $# -gt 0 ] || set -- $(grep -v '^#' "$here/kafka.acl" | awk 'NF { print $1 }' | sort -u)

for identity in "$@"; do
    # The tool wants the password among its arguments: run this where nobody else looks at processes.
    kafka-configs.sh --bootstrap-server "$server" --command-config "$admin" --alter --entity-type users \
        --entity-name "$identity" --add-config "SCRAM-SHA-512=[password=$(cat "$passwords/$identity")]"
    grep "^$identity " "$here/kafka.acl" | while read -r principal kind name operations; do
        pattern=literal
        case $name in
        *'*') pattern=prefixed name=${name%'*'} ;;
        esac
        resource="--$kind $name"
        [ "$kind" != cluster ] || resource=--cluster
        asked=
        for operation in $operations; do asked="$asked --operation $operation"; done
        # shellcheck disable=SC2086 - the words of both are meant to be apart
        kafka-acls.sh --bootstrap-server "$server" --command-config "$admin" --add --allow-principal "User:$principal" \
            $resource --resource-pattern-type "$pattern" $asked < /dev/null
    done
done
