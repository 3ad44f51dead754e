"""The vendor's client of DingTalk's newer interfaces."""

import unittest

import simulation
from alibabacloud_dingtalk.contact_1_0 import models as contact_models
from alibabacloud_dingtalk.contact_1_0.client import Client as Contact
from alibabacloud_dingtalk.oauth2_1_0 import models as oauth_models
from alibabacloud_dingtalk.oauth2_1_0.client import Client as OAuth
from alibabacloud_tea_openapi import models as open_api
from alibabacloud_tea_util.models import RuntimeOptions


def config():
    return open_api.Config(protocol="http", endpoint=simulation.ADDRESS)


def access_token(secret=simulation.APP_SECRET):
    request = oauth_models.GetAccessTokenRequest(app_key=simulation.APP_KEY, app_secret=secret)
    return OAuth(config()).get_access_token(request).body


class Refusing(unittest.TestCase):
    def refused(self, call, code, status):
        with self.assertRaises(Exception) as refused:
            call()
        error = refused.exception
        self.assertEqual(getattr(error, "code", None), code, error)
        found = getattr(error, "status_code", None) or (getattr(error, "data", None) or {}).get("statusCode")
        self.assertEqual(found, status, error)
        return error


class Tokens(Refusing):
    def test_a_token_is_given_and_stays_the_same(self):
        first, second = access_token(), access_token()
        self.assertEqual(first.expire_in, 7200)
        self.assertEqual(first.access_token, second.access_token)

    def test_a_wrong_secret_is_refused(self):
        self.refused(lambda: access_token("wrong"), "invalidClientIdOrSecret", 400)

    def test_a_token_is_given_for_the_organisation(self):
        request = oauth_models.GetTokenRequest(
            client_id=simulation.APP_KEY,
            client_secret=simulation.APP_SECRET,
            grant_type="client_credentials",
        )
        body = OAuth(config()).get_token(simulation.CORP_ID, request).body
        self.assertEqual((bool(body.access_token), body.expires_in), (True, 7200))
        self.refused(lambda: OAuth(config()).get_token("dingother", request), "unknownError", 500)


class Contacts(Refusing):
    def search(self, word, token=None):
        headers = contact_models.SearchUserHeaders(
            x_acs_dingtalk_access_token=token or access_token().access_token
        )
        request = contact_models.SearchUserRequest(query_word=word, offset=0, size=5)
        return Contact(config()).search_user_with_options(request, headers, RuntimeOptions()).body

    def test_people_and_departments_are_found(self):
        token = access_token().access_token
        headers = contact_models.SearchDepartmentHeaders(x_acs_dingtalk_access_token=token)
        request = contact_models.SearchDepartmentRequest(query_word="研发 1", offset=0, size=5)
        found = Contact(config()).search_department_with_options(request, headers, RuntimeOptions()).body
        self.assertEqual((found.total_count, found.list), (1, [50000000]))
        people = self.search("王")
        self.assertEqual(len(people.list), min(people.total_count, 5))
        self.assertEqual(people.has_more, people.total_count > 5)

    def test_a_token_nobody_gave_is_refused(self):
        self.refused(lambda: self.search("王", token="made-up"), "InvalidAuthentication", 400)

    def test_a_missing_right_is_403(self):
        with simulation.fault("no-permission=qyapi_addresslist_search"):
            self.refused(
                lambda: self.search("王"), "Forbidden.AccessDenied.AccessTokenPermissionDenied", 403
            )

    def test_a_person_who_does_not_exist_is_404(self):
        headers = contact_models.GetUserHeaders(x_acs_dingtalk_access_token=access_token().access_token)
        client = Contact(config())
        self.refused(
            lambda: client.get_user_with_options("nobody", headers, RuntimeOptions()),
            "invalidParameter.user.notFound",
            404,
        )

    def test_an_interface_that_does_not_exist_is_404(self):
        headers = contact_models.GetOrgAuthInfoHeaders(
            x_acs_dingtalk_access_token=access_token().access_token
        )
        request = contact_models.GetOrgAuthInfoRequest(target_corp_id=simulation.CORP_ID)
        client = Contact(config())
        self.refused(
            lambda: client.get_org_auth_info_with_options(request, headers, RuntimeOptions()),
            "InvalidAction.NotFound",
            404,
        )


if __name__ == "__main__":
    unittest.main()
