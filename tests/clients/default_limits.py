"""Asks for the history of a channel ten times at once, with the limits that `websockets` has by default.

Prints the byte lengths of the messages, and the close code if the connection ended, as JSON.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

COUNT = 10


async def main(url: str, channel: str) -> None:
    lengths = []
    answered = 0
    code = None
    async with connect(url) as socket:
        commands = [{"id": 1, "connect": {}}]
        for i in range(COUNT):
            commands.append({"id": 2 + i, "history": {"channel": channel, "limit": -1}})
        await socket.send("\n".join(json.dumps(command) for command in commands))
        try:
            while answered < len(commands):
                text = await asyncio.wait_for(socket.recv(), 20)
                lengths.append(len(text.encode()))
                answered += sum(1 for line in text.split("\n") if "id" in json.loads(line))
        except ConnectionClosed:
            code = socket.close_code
    print(json.dumps({"lengths": lengths, "answered": answered, "code": code}))


asyncio.run(main(*sys.argv[1:]))
