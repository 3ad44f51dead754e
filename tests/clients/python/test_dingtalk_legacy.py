"""The address book through the community's client of DingTalk's older interfaces: JSON bodies, token in the query."""

import logging
import unittest

import simulation
from dingtalk import AppKeyClient
from dingtalk.core.exceptions import DingTalkClientException

logging.getLogger("dingtalk").setLevel(logging.CRITICAL)


class Client(AppKeyClient):
    API_BASE_URL = f"{simulation.URL}/"


def client(secret=simulation.APP_SECRET):
    return Client(simulation.CORP_ID, simulation.APP_KEY, secret)


class AddressBook(unittest.TestCase):
    def setUp(self):
        self.client = client()

    def call(self, interface, **arguments):
        return self.client.post(f"/topapi/v2/{interface}", arguments)

    def refused(self, code, call):
        with self.assertRaises(DingTalkClientException) as refused:
            call()
        self.assertEqual(refused.exception.errcode, code, refused.exception.errmsg)
        return refused.exception

    def test_a_wrong_secret_is_refused(self):
        self.refused(40096, lambda: client("wrong").get_access_token())

    def test_the_range_of_the_app_is_everybody(self):
        scopes = self.client.user.auth_scopes()
        self.assertEqual(scopes["auth_org_scopes"]["authed_dept"], [1])
        self.assertIn("mobile", scopes["auth_user_field"])

    def test_a_department_lives_from_create_to_delete(self):
        created = self.call("department/create", name="客户端 Ä", parent_id=1, source_identifier="ou_sdk")
        dept_id = created["result"]["dept_id"]
        self.refused(60021, lambda: self.call("department/create", name="客户端 Ä", parent_id=1))
        listed = self.call("department/listsub", dept_id=1)["result"]
        self.assertIn(dept_id, [department["dept_id"] for department in listed])
        self.call("department/update", dept_id=dept_id, name="Renamed")
        record = self.call("department/get", dept_id=dept_id)["result"]
        self.assertEqual((record["name"], record["source_identifier"]), ("Renamed", "ou_sdk"))
        self.call("department/delete", dept_id=dept_id)
        self.refused(60003, lambda: self.call("department/get", dept_id=dept_id))

    def test_a_department_that_cannot_be_is_refused(self):
        self.refused(60009, lambda: self.call("department/create", name="R&D - East", parent_id=1))
        self.refused(60004, lambda: self.call("department/create", name="Nowhere", parent_id=4711))

    def test_a_user_lives_from_create_to_delete(self):
        person = {"name": "徐测试", "mobile": "13600000001", "dept_id_list": "1", "title": "Tester"}
        userid = self.call("user/create", **person)["result"]["userid"]
        self.refused(60104, lambda: self.call("user/create", **person))
        self.call("user/update", userid=userid, title="", email="sdk@example.com", dept_id_list="50000000,1")
        record = self.call("user/get", userid=userid)["result"]
        self.assertEqual((record["name"], record["email"]), ("徐测试", "sdk@example.com"))
        self.assertEqual(sorted(record["dept_id_list"]), [1, 50000000])
        self.assertFalse(record.get("title"))
        by_mobile = self.call("user/getbymobile", mobile="13600000001")
        self.assertEqual(by_mobile["result"]["userid"], userid)
        self.call("user/delete", userid=userid)
        self.refused(60121, lambda: self.call("user/get", userid=userid))

    def test_everybody_is_listed_page_by_page(self):
        found, departments = set(), [1]
        while departments:
            dept_id = departments.pop()
            departments += [d["dept_id"] for d in self.call("department/listsub", dept_id=dept_id)["result"]]
            cursor, more = 0, True
            while more:
                page = self.call("user/list", dept_id=dept_id, cursor=cursor, size=10)["result"]
                found |= {user["userid"] for user in page["list"]}
                more, cursor = page["has_more"], page.get("next_cursor")
        self.assertEqual(len(found), simulation.USERS)

    def test_the_gateway_names_what_it_refuses(self):
        with simulation.fault("no-permission=qyapi_manage_addresslist"):
            refused = self.refused(88, lambda: self.call("department/create", name="No", parent_id=1))
        self.assertIn("subcode=60011", refused.errmsg)
        self.assertIn("qyapi_manage_addresslist", refused.errmsg)
        refused = self.refused(22, lambda: self.call("user/no_such_interface"))
        self.assertIn("ApiName", refused.errmsg)

    def test_the_first_version_still_answers(self):
        tree = self.client.department.list(1, fetch_child="true")
        self.assertIn("研发 1", [department["name"] for department in tree])
        self.assertTrue(self.client.user.get("manager00001")["name"])


if __name__ == "__main__":
    unittest.main()
