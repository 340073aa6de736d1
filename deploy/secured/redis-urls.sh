#!/bin/sh
# Writes the URL of Redis for each identity that comes to it, password and all, beside the passwords:
#
#   sh redis-urls.sh PASSWORDS HOST:PORT
set -eu
umask 077
here=$(dirname "$0")
grep '^user chat' "$here/redis.acl" | while read -r _ name _; do
    printf %s "rediss://$name:$(cat "$1/$name")@$2/0" > "$1/$name.redis-url"
done
