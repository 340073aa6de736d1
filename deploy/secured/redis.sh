#!/bin/sh
# Prints the file for Redis's `aclfile`, with digests of the passwords:
#
#   sh redis.sh PASSWORDS > users.acl
#
# PASSWORDS is the folder of passwords.sh. Redis reads the file when it starts, and at `ACL LOAD`.
set -eu
here=$(dirname "$0")
grep -v '^#' "$here/redis.acl" | while read -r user name rest; do
    if [ "$name" != default ]; then
        rest="#$(printf %s "$(cat "$1/$name")" | sha256sum | cut -d ' ' -f 1) $rest"
    fi
    echo "$user $name $rest"
done
