"""The straightforward script: one `user/create` after the other through the community's client, no journal.

sequential.py URL COUNT PREFIX -- prints the creates a second, as a JSON object. Needs dingtalk-sdk==1.3.8.
"""

import json
import logging
import sys
import time

from dingtalk import AppKeyClient
from dingtalk.core.exceptions import DingTalkClientException

logging.getLogger("dingtalk").setLevel(logging.CRITICAL)


class Client(AppKeyClient):
    API_BASE_URL = f"{sys.argv[1]}/"


def main():
    count, prefix = int(sys.argv[2]), sys.argv[3]
    client = Client("dingsimulator0001", "dingsimulatorkey01", "simulated-app-secret-0001")
    client.get_access_token()
    created = refused = 0
    begun = time.monotonic()
    for number in range(count):
        person = {"name": f"Person {number}", "mobile": f"{prefix}{number:06}", "dept_id_list": "1"}
        try:
            client.post("/topapi/v2/user/create", person)
            created += 1
        except DingTalkClientException:
            refused += 1
    seconds = time.monotonic() - begun
    print(json.dumps({"per_second": created / seconds, "created": created, "refused": refused}))


main()
