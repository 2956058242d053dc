#!/bin/sh
# Prints news as they come, with curl: an event's name is its channel, `data:` what was published.
#
#     examples/events.sh [CHANNEL|CHANNEL…]      77707 at http://localhost:9900; NEWSWIRE_URL says otherwise
#
# To go on where you were, add --header "Last-Event-ID: …" with the last `id:` that was printed.
set -eu
exec curl --silent --show-error --fail-with-body --no-buffer --get \
  --data-urlencode "channels=${1:-77707}" "${NEWSWIRE_URL:-http://localhost:9900}/sse"
