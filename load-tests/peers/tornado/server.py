"""The program that newswire grew from, on Tornado: one process, a loop over a channel's clients.

Usage: server.py PORT. Clients say `sub#a|b` at /ws; a publisher says `pub#channel#text`.
"""

import asyncio
import sys
from collections import defaultdict

import tornado.web
import tornado.websocket

clients_of = defaultdict(set)  # by channel


def publish(channel, text):
    news = text.encode()  # once, not once a client
    for client in clients_of[channel]:
        client.write_message(news)


class NewsHandler(tornado.websocket.WebSocketHandler):
    def open(self):
        self.set_nodelay(True)
        self.channels = set()

    def on_message(self, message):
        command, what, *text = message.split("#", 2)
        if command == "pub":
            publish(what, text[0])
        elif command == "sub":
            for channel in what.split("|"):
                self.channels.add(channel)
                clients_of[channel].add(self)

    def on_close(self):
        for channel in self.channels:
            clients_of[channel].discard(self)


async def main(port):
    application = tornado.web.Application([("/ws", NewsHandler)])
    application.listen(port, address="127.0.0.1", backlog=1024)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
