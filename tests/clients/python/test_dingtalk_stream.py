"""The vendor's client of Stream mode: it opens a connection, gets events, acknowledges them."""

import asyncio
import json
import os
import threading
import unittest
import urllib.request

import simulation

# Read when the module is loaded.
os.environ["DINGTALK_OPENAPI_ENDPOINT"] = simulation.URL
import dingtalk_stream  # noqa: E402


class Heard(dingtalk_stream.EventHandler):
    def __init__(self):
        super().__init__()
        self.events = []
        self.came = threading.Condition()

    async def process(self, event):
        with self.came:
            self.events.append((event.headers.event_type, event.data))
            self.came.notify_all()
        return dingtalk_stream.AckMessage.STATUS_OK, "OK"

    def until(self, kind, member, object_id, seconds=20):
        """The event of this object; events of earlier tests come first."""

        def found():
            of_kind = (data for was, data in self.events if was == kind)
            return [data for data in of_kind if data[member] == [object_id]]

        with self.came:
            self.came.wait_for(found, timeout=seconds)
            return found()


def by_hand(interface, **arguments):
    body = json.dumps({"step": [{"dingtalk": interface, "with": arguments}]}).encode()
    request = urllib.request.Request(
        f"{simulation.URL}/_simulator/changes", data=body, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["results"][0]["answer"]


class Stream(unittest.TestCase):
    def test_hand_edits_are_told_as_they_happen(self):
        heard = Heard()
        credential = dingtalk_stream.Credential(simulation.APP_KEY, simulation.APP_SECRET)
        client = dingtalk_stream.DingTalkStreamClient(credential)
        client.register_all_event_handler(heard)
        # The client connects anew for ever; it ends with the test program.
        threading.Thread(target=lambda: asyncio.run(client.start()), daemon=True).start()
        by_hand("user/update", userid="manager00001", title="Director")
        told = heard.until("user_modify_org", "userId", "manager00001")
        self.assertEqual(told[-1]["diffInfo"]["curr"]["title"], "Director")
        made = by_hand("department/create", name="by hand", parent_id=1)
        self.assertTrue(heard.until("org_dept_create", "deptId", made["dept_id"]))
        by_hand("department/delete", dept_id=made["dept_id"])
        self.assertTrue(heard.until("org_dept_remove", "deptId", made["dept_id"]))


if __name__ == "__main__":
    unittest.main()
