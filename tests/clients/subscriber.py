"""The client program that newswire began with: prints the items of two channels.

Usage: subscriber.py [URL [COUNT]]   (default ws://localhost:9900/ws, for ever)
"""

import sys

from websocket import create_connection

url = sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:9900/ws"
count = int(sys.argv[2]) if len(sys.argv) > 2 else -1

ws = create_connection(url)
ws.send("sub#77707|77708")
while count != 0:
    print(ws.recv(), flush=True)
    count -= 1
ws.close()
