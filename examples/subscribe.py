"""Prints the news of a channel, with centrifuge-python.

    pip install centrifuge-python
    python subscribe.py [URL [CHANNEL]]     (ws://localhost:9900/connection/websocket 77707)
"""

import asyncio
import sys

from centrifuge import Client, SubscriptionEventHandler

URL = "ws://localhost:9900/connection/websocket"


class News(SubscriptionEventHandler):
    async def on_subscribed(self, ctx):
        # After a lost connection the library goes on where it was; what cannot be filled in is told.
        if ctx.was_recovering and not ctx.recovered:
            print("(something is missing here)", flush=True)
        elif not ctx.was_recovering:
            print(f"listening to {ctx.channel}", flush=True)

    async def on_publication(self, ctx):
        print(ctx.pub.data, flush=True)

    async def on_unsubscribed(self, ctx):
        print(f"refused: {ctx.reason}", file=sys.stderr)


async def main(url=URL, channel="77707"):
    client = Client(url)
    subscription = client.new_subscription(channel, events=News())
    await client.connect()
    await subscription.subscribe()
    await asyncio.Event().wait()


try:
    asyncio.run(main(*sys.argv[1:]))
except KeyboardInterrupt:
    pass
