"""The address book through form-encoded bodies, nested values as JSON text: what the vendor's Java client sends."""

import json
import unittest
import urllib.parse
import urllib.request

import simulation


def post(path, arguments, token=""):
    """Strings only, as the client flattens them: truth values in lower case, objects as JSON."""

    def flat(value):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    body = urllib.parse.urlencode({name: flat(value) for name, value in arguments.items()}).encode()
    query = f"?access_token={token}" if token else ""
    request = urllib.request.Request(
        f"{simulation.URL}{path}{query}",
        data=body,
        headers={
            "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
            "accept": "text/xml,text/javascript",
            "user-agent": "top-sdk-java",
        },
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["content-type"].lower().replace(" ", "") == "application/json;charset=utf-8"
        return json.load(answer)


class Forms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        query = f"appkey={simulation.APP_KEY}&appsecret={simulation.APP_SECRET}"
        with urllib.request.urlopen(f"{simulation.URL}/gettoken?{query}") as answer:
            cls.token = json.load(answer)["access_token"]

    def call(self, interface, **arguments):
        return post(f"/topapi/v2/{interface}", arguments, self.token)

    def test_a_person_and_a_department_are_written_and_read(self):
        made = self.call(
            "department/create", name="表单 & 部门", parent_id=1, create_dept_group=False, hide_dept=True
        )
        self.assertEqual(made["errcode"], 0, made)
        dept_id = made["result"]["dept_id"]
        created = self.call(
            "user/create",
            userid="form-person",
            name="Form & Person=1+1",
            mobile="+852-55500001",
            dept_id_list=str(dept_id),
            hide_mobile=True,
            extension={"CostCentre": "4711", "地点": "上海"},
        )
        self.assertEqual((created["errcode"], created["result"]["userid"]), (0, "form-person"), created)
        record = self.call("user/get", userid="form-person", language="zh_CN")["result"]
        self.assertEqual(record["name"], "Form & Person=1+1")
        self.assertEqual((record["state_code"], record["mobile"]), ("852", "55500001"))
        self.assertIs(record["hide_mobile"], True)
        self.assertEqual(json.loads(record["extension"]), {"CostCentre": "4711", "地点": "上海"})
        self.assertEqual(self.call("department/delete", dept_id=dept_id)["errcode"], 60005)
        self.assertEqual(self.call("user/delete", userid="form-person")["errcode"], 0)
        self.assertEqual(self.call("department/delete", dept_id=dept_id)["errcode"], 0)

    def test_pages_are_asked_for_in_text(self):
        page = self.call("user/list", dept_id=50000000, cursor=0, size=1, contain_access_limit=False)
        self.assertEqual((page["errcode"], len(page["result"]["list"])), (0, 1))

    def test_a_call_without_a_token_or_with_a_wrong_one_is_refused_by_the_gateway(self):
        blank = post("/topapi/v2/user/get", {"userid": "manager00001"})
        self.assertEqual((blank["errcode"], blank["sub_code"]), (88, "40000"))
        wrong = post("/topapi/v2/user/get", {"userid": "manager00001"}, "made-up")
        self.assertEqual((wrong["errcode"], wrong["sub_code"]), (88, "40014"))


if __name__ == "__main__":
    unittest.main()
