"""What cent, Centrifugo's server library for Python, gets from newswire's server API.

Usage: server_api.py API_URL API_KEY CHANNEL CLIENT
CLIENT is the id of a connection that listens to CHANNEL. Prints one JSON object: each answer by name.
"""

import asyncio
import json
import sys

from cent import (
    AsyncClient,
    BatchRequest,
    BroadcastRequest,
    CentApiResponseError,
    CentUnauthorizedError,
    ChannelsRequest,
    Client,
    Disconnect,
    DisconnectRequest,
    HistoryRemoveRequest,
    HistoryRequest,
    InfoRequest,
    PresenceRequest,
    PresenceStatsRequest,
    PublishRequest,
    RefreshRequest,
    StreamPosition,
    SubscribeRequest,
    UnsubscribeRequest,
)

url, key, channel, client_id = sys.argv[1:]
client = Client(url, key)
answers = {}


def tell(name, answer):
    answers[name] = answer.model_dump(exclude_none=True)


first = PublishRequest(
    channel=channel, data={"n": 1}, tags={"desk": "sports"}, idempotency_key="k"
)
tell("publish", client.publish(first))
tell("again", client.publish(first))
tell("b64data", client.publish(PublishRequest(channel=channel, data=None, b64data="InR3byI=")))
tell("broadcast", client.broadcast(BroadcastRequest(channels=[channel, "not ok"], data="three")))
tell("skip_history", client.publish(PublishRequest(channel=channel, data="four", skip_history=True)))
tell("history", client.history(HistoryRequest(channel=channel, limit=100)))
since = StreamPosition(offset=1, epoch=answers["publish"]["epoch"])
tell("since", client.history(HistoryRequest(channel=channel, limit=1, since=since)))
tell("reverse", client.history(HistoryRequest(channel=channel, limit=1, reverse=True)))
tell("top", client.history(HistoryRequest(channel=channel)))
tell("presence", client.presence(PresenceRequest(channel=channel)))
tell("presence_stats", client.presence_stats(PresenceStatsRequest(channel=channel)))
tell("channels", client.channels(ChannelsRequest(pattern="chat:*")))
tell("info", client.info(InfoRequest()))
batch = [
    PublishRequest(channel="batch", data=1),
    PublishRequest(channel="batch", data=2),
    ChannelsRequest(pattern="nothing"),
]
for parallel in False, True:
    replies = client.batch(BatchRequest(requests=batch, parallel=parallel)).replies
    answers[f"batch {parallel}"] = [reply.model_dump() for reply in replies]
tell("refresh", client.refresh(RefreshRequest(user="", client=client_id, expire_at=4_000_000_000)))
extra = {"user": "", "client": client_id, "channel": "extra"}
tell("subscribe", client.subscribe(SubscribeRequest(**extra, data={"a": 1})))
tell("unsubscribe", client.unsubscribe(UnsubscribeRequest(**extra)))
goodbye = Disconnect(code=4500, reason="goodbye")
tell("disconnect", client.disconnect(DisconnectRequest(user="", client=client_id, disconnect=goodbye)))
tell("history_remove", client.history_remove(HistoryRemoveRequest(channel=channel)))
tell("removed", client.history(HistoryRequest(channel=channel, limit=100)))

try:
    client.publish(PublishRequest(channel="not ok", data=1))
except CentApiResponseError as error:
    answers["error"] = {"code": error.code, "message": error.message}

try:
    Client(url, "another key").info(InfoRequest())
except CentUnauthorizedError:
    answers["unauthorized"] = True


async def publish_asynchronously():
    async with AsyncClient(url, key) as asynchronous:
        request = PublishRequest(channel="async", data="text")
        tell("async", await asynchronous.publish(request))


asyncio.run(publish_asynchronously())
print(json.dumps(answers))
