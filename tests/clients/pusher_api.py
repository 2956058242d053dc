"""What the PyPI package `pusher` gets from newswire's Pusher API.

Usage: pusher_api.py PORT APP_ID KEY SECRET SOCKET_ID
SOCKET_ID is of a connection that is subscribed to the channels below. Prints one JSON object: each answer by name.
"""

import json
import sys

import pusher


def error_of(call):
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return None


def main(port, app_id, key, secret, socket_id):
    options = {"app_id": app_id, "key": key, "host": "127.0.0.1", "port": int(port), "ssl": False}
    client = pusher.Pusher(secret=secret, **options)
    foreign = pusher.Pusher(secret="another-secret-than-that", **options)
    answers = {
        "trigger": client.trigger(["python", "presence-python"], "item", {"from": "python"}),
        "excluded": client.trigger("python", "item", {"not": "for you"}, socket_id),
        "batch": client.trigger_batch(
            [{"channel": "python", "name": "item", "data": n} for n in (1, 2)]
        ),
        "channels": client.channels_info("presence-", ["user_count"]),
        "channel": client.channel_info("presence-python", ["user_count", "subscription_count"]),
        "users": client.users_info("presence-python"),
        "wrong secret": error_of(lambda: foreign.trigger("python", "item", {})),
        "authenticate": client.authenticate("private-python", socket_id),
    }
    print(json.dumps(answers))


main(*sys.argv[1:])
