"""Drives an unmodified centrifuge-python client: driver.js is its twin in JavaScript.

Reads commands, one JSON object a line: {"id": 1, "method": "subscribe", "channel": "a"}. Writes
answers, {"id": 1, "result": {}} or {"id": 1, "error": {"code": 103, "message": "…"}}, and what the client
tells: {"event": "publication", "channel": "a", "data": 1, "offset": 1}. With the argument "protobuf", the client
uses Protobuf, and its data are the bytes of JSON text; others
are written as "bytes" and their base64.
"""

import asyncio
import base64
import json
import sys
from dataclasses import asdict

from centrifuge import Client, DeltaType, ClientEventHandler, SubscriptionEventHandler


PROTOBUF = "protobuf" in sys.argv[1:]


def to_data(value):
    return json.dumps(value).encode() if PROTOBUF else value


def from_data(data):
    if not PROTOBUF:
        return data
    try:
        return json.loads(data) if data else None
    except ValueError:
        return "bytes " + base64.b64encode(data).decode()


def write(line):
    print(json.dumps(line), flush=True)


def told(event, channel=None):
    """A handler that writes the event in the words that driver.js uses."""

    async def handler(context):
        publication = getattr(context, "pub", context)
        write(
            {
                "event": event,
                "channel": channel,
                "client": getattr(context, "client", None),
                "code": getattr(context, "code", None),
                "data": from_data(getattr(publication, "data", None)),
                "offset": getattr(publication, "offset", None),
                "recovered": getattr(context, "recovered", None),
                "wasRecovering": getattr(context, "was_recovering", None),
            }
        )

    return handler


def without_bytes(value):
    """The same with the texts of the bytes that infos are in Protobuf."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {name: without_bytes(each) for name, each in value.items()}
    return [without_bytes(each) for each in value] if isinstance(value, list) else value


def handlers(kind, events, channel=None):
    handler = kind()
    for event in events:
        setattr(handler, f"on_{event}", told(event, channel))
    return handler


class Driver:
    client = None

    # centrifuge-python has WebSocket only.
    async def connect(self, transports, emulationEndpoint=None, tokens=()):
        tokens_given = len(tokens) > 0
        tokens = iter(tokens)

        async def next_token():
            write({"event": "token"})
            return next(tokens, "")

        events = handlers(ClientEventHandler, ["connecting", "connected", "disconnected", "error"])
        self.client = Client(
            transports[0]["endpoint"],
            events=events,
            get_token=next_token if tokens_given else None,
            min_reconnect_delay=0.02,
            max_reconnect_delay=0.2,
            proxy=None,
            use_protobuf=PROTOBUF,
        )
        await self.client.connect()
        await self.client.ready()

    async def subscribe(self, channel, delta=None):
        names = ["subscribing", "subscribed", "unsubscribed", "publication", "error"]
        subscription = self.client.new_subscription(
            channel,
            events=handlers(SubscriptionEventHandler, names, channel),
            delta=DeltaType(delta) if delta else None,
            min_resubscribe_delay=0.02,
            max_resubscribe_delay=0.2,
        )
        await subscription.subscribe()
        await subscription.ready()

    async def unsubscribe(self, channel):
        await self.client.get_subscription(channel).unsubscribe()

    async def publish(self, channel, data):
        await self.client.publish(channel, to_data(data))

    async def presence(self, channel):
        return without_bytes(asdict(await self.client.presence(channel)))

    async def presenceStats(self, channel):
        stats = await self.client.presence_stats(channel)
        return {"numClients": stats.num_clients, "numUsers": stats.num_users}

    async def history(self, channel, limit):
        history = asdict(await self.client.history(channel, limit=limit))
        for publication in history["publications"]:
            publication["data"] = from_data(publication["data"])
        return without_bytes(history)

    async def disconnect(self):
        await self.client.disconnect()

    async def answer(self, id, method, **parameters):
        try:
            result = await getattr(self, method)(**parameters)
            write({"id": id, "result": result or {}})
        except Exception as error:
            write({"id": id, "error": {"code": getattr(error, "code", 0), "message": str(error)}})


async def main():
    driver = Driver()
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    running = set()
    while line := await lines.readline():
        task = asyncio.create_task(driver.answer(**json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


asyncio.run(main())
