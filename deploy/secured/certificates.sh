#!/bin/sh
# Makes an authority, and certificates for servers and identities:
#
#   sh certificates.sh FOLDER kafka=kafka-1,kafka-2,127.0.0.1 cassandra=10.0.0.5 redis=redis.example chat_admin chat_ingest …
#
# A server is given with its names and addresses, an identity without. What is there is left alone: delete the files of one
# name to have it anew. `NAME.pem` is the certificate, `NAME-key.pem` its key, `NAME-both.pem` both, for Kafka and Cassandra.
# Keep `ca-key.pem` elsewhere: who has it can make any of the others.
set -eu
umask 077
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

if [ ! -e ca-key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/CN=chat-tasks authority' \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
        -keyout ca-key.pem -out ca.pem 2> /dev/null
fi

for given in "$@"; do
    name=${given%%=*}
    # Java wants an alternative name in each certificate, in a client's too.
    names="email:$name@chat-tasks.invalid"
    if [ "$name" != "$given" ]; then
        names=
        for one in $(echo "${given#*=}" | tr , ' '); do
            case $one in
            *[!0-9.]*) kind=DNS ;;
            *) kind=IP ;;
            esac
            names="$names${names:+,}$kind:$one"
        done
    fi
    [ ! -e "$name-both.pem" ] || continue
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
        -keyout "$name-key.pem" -out "$name.csr" 2> /dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$names" > "$name.extensions"
    openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 365 -extfile "$name.extensions" \
        -out "$name.pem" 2> /dev/null
    cat "$name-key.pem" "$name.pem" > "$name-both.pem"
    rm "$name.csr" "$name.extensions"
done
