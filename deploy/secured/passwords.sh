#!/bin/sh
# Makes a password for each identity, in a file of its name; what is there is left alone:
#
#   sh passwords.sh FOLDER chat_init chat_ingest chat_dispatch chat_worker chat_flower chat_tools
set -eu
umask 077
folder=$1
shift
mkdir -p "$folder"
for name in "$@"; do
    # Letters and digits: they need no escape in a URL, in CQL or in a shell.
    [ -e "$folder/$name" ] || openssl rand -hex 24 | tr -d '\n' > "$folder/$name"
done
