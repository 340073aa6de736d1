#!/bin/sh
# Puts the digest of each image behind its tag, in docker-compose.yml and Dockerfile: `redis:7.4.6@sha256:…`.
# Afterwards a tag that is given to another image changes nothing. Run it again to take what the tags name today.
# It needs docker with buildx, and asks the registry for each image's index, which is that of all platforms.
set -eu
cd "$(dirname "$0")/.."

sed -nE 's/^ *(image:|FROM) ([^ @]+:[^ @]+)(@sha256:[0-9a-f]+)?( AS .*)?$/\2/p' docker-compose.yml Dockerfile | sort -u |
while read -r image; do
    digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image" < /dev/null)
    case $digest in
        sha256:*) ;;
        *) echo "no digest of $image: $digest" >&2; exit 1 ;;
    esac
    sed -i -E "s|((image:\|FROM) $image)(@sha256:[0-9a-f]+)?( AS .*)?\$|\1@$digest\4|" docker-compose.yml Dockerfile
    echo "$image@$digest"
done
