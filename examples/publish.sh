#!/bin/sh
# Publishes a text with curl.
#
#     examples/publish.sh TEXT [CHANNEL]      to 77707 at http://localhost:9900
#
# NEWSWIRE_URL and NEWSWIRE_API_KEY say otherwise. The key that goes with each text makes a retry
# after a lost answer safe: what was published already is not published again.
set -eu
url=${NEWSWIRE_URL:-http://localhost:9900}
channel=${2:-77707}

text=${1:?publish.sh TEXT [CHANNEL]}

# A text as JSON: backslashes and quotes escaped, line breaks as \n.
text=$(printf '%s' "$text" | sed -e 's/[\\"]/\\&/g' -e '$!s/$/\\n/' | tr -d '\n')

curl --silent --show-error --fail-with-body --retry 3 --retry-connrefused \
  --header 'Content-Type: application/json' \
  --header 'X-Centrifugo-Error-Mode: transport' \
  --header "X-API-Key: ${NEWSWIRE_API_KEY:-}" \
  --data "{\"channel\":\"$channel\",\"data\":\"$text\",\"idempotency_key\":\"$(date +%s)-$$\"}" \
  "$url/api/publish"
echo
