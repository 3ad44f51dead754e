"""The simulation under test: where it listens, what it lets in, and its faults."""

import contextlib
import json
import os
import urllib.request

ADDRESS = os.environ["SIMULATION"]
URL = f"http://{ADDRESS}"
CORP_ID = "dingsimulator0001"
APP_KEY = "dingsimulatorkey01"
APP_SECRET = "simulated-app-secret-0001"
INSTANCE_ID = "idaas_simulator0001"
ACCESS_KEY_ID = "LTAIsimulator0001"
ACCESS_KEY_SECRET = "simulated-access-key-secret-0001"
# What run.sh invents.
ACCOUNTS, UNITS, USERS = 130, 12, 65


def _faults(change):
    body = json.dumps(change).encode()
    request = urllib.request.Request(
        f"{URL}/_simulator/faults", data=body, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


@contextlib.contextmanager
def fault(text):
    """The simulation with a fault, as long as the block lasts."""
    _faults({"add": [text]})
    try:
        yield
    finally:
        _faults({"remove": [text.split("=")[0].split("@")[0]]})
