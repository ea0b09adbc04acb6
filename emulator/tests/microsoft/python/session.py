"""Between a script here and the Rust test that runs it: the script says where its event handler listens, the test
answers with the connection string of an emulator whose hub `chat` sends its events there."""

import json

HUB = "chat"


def connection_string(port=None):
    print(json.dumps({"port": port}), flush=True)
    return input()
