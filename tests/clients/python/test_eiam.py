"""The vendor's client of IDaaS (EIAM 2021-12-01)."""

import unittest

import simulation
from alibabacloud_eiam20211201 import models
from alibabacloud_eiam20211201.client import Client
from alibabacloud_tea_openapi import utils_models
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException, ThrottlingException


def client(secret=simulation.ACCESS_KEY_SECRET, key=simulation.ACCESS_KEY_ID):
    return Client(
        utils_models.Config(
            access_key_id=key,
            access_key_secret=secret,
            endpoint=simulation.ADDRESS,
            protocol="http",
            region_id="cn-hangzhou",
        )
    )


def users(page, size=100, **more):
    request = models.ListUsersRequest(
        instance_id=simulation.INSTANCE_ID, page_number=page, page_size=size, **more
    )
    return client().list_users(request).body


class Reading(unittest.TestCase):
    def test_the_instance_is_running(self):
        request = models.GetInstanceRequest(instance_id=simulation.INSTANCE_ID)
        instance = client().get_instance(request).body.instance
        self.assertEqual(instance.instance_id, simulation.INSTANCE_ID)
        self.assertEqual(instance.status, "running")

    def test_accounts_are_listed_page_by_page_with_their_number(self):
        pages = [users(1), users(2)]
        self.assertEqual([page.total_count for page in pages], [simulation.ACCOUNTS] * 2)
        ids = [user.user_id for page in pages for user in page.users]
        self.assertEqual(len(set(ids)), simulation.ACCOUNTS)
        self.assertEqual(len(pages[0].users), 100)
        self.assertEqual(users(3).users, [])

    def test_accounts_are_listed_by_next_token(self):
        found, token = [], ""
        while token is not None:
            request = models.ListUsersRequest(
                instance_id=simulation.INSTANCE_ID, max_results=50, next_token=token
            )
            body = client().list_users(request).body
            found += [user.user_id for user in body.users]
            token = body.next_token or None
        self.assertEqual(len(set(found)), simulation.ACCOUNTS)

    def test_a_page_of_more_than_a_hundred_is_refused(self):
        with self.assertRaises(ClientException) as refused:
            users(1, size=101)
        self.assertEqual(refused.exception.status_code, 400)

    def test_an_account_is_read_with_its_units_and_custom_fields(self):
        request = models.GetUserRequest(instance_id=simulation.INSTANCE_ID, user_id="user_000001")
        user = client().get_user(request).body.user
        self.assertEqual(user.user_id, "user_000001")
        self.assertEqual((user.phone_region, user.phone_number), ("86", "13800000000"))
        self.assertEqual(user.status, "enabled")
        self.assertTrue(user.organizational_units[0].organizational_unit_id.startswith("ou_"))
        fields = {field.field_name: field.field_value for field in user.custom_fields}
        self.assertEqual(fields["job_number"], "A000001")

    def test_units_are_listed_below_the_root(self):
        root = client().get_root_organizational_unit(
            models.GetRootOrganizationalUnitRequest(instance_id=simulation.INSTANCE_ID)
        )
        self.assertEqual(root.body.organizational_unit.organizational_unit_id, "ou_root")
        request = models.ListOrganizationalUnitsRequest(
            instance_id=simulation.INSTANCE_ID, page_number=1, page_size=100
        )
        body = client().list_organizational_units(request).body
        self.assertEqual(body.total_count, len(body.organizational_units))
        self.assertGreaterEqual(body.total_count, simulation.UNITS)
        request = models.ListOrganizationalUnitsRequest(
            instance_id=simulation.INSTANCE_ID, page_number=1, page_size=100, parent_id="ou_00001"
        )
        below = client().list_organizational_units(request).body.organizational_units
        self.assertEqual({unit.parent_id for unit in below}, {"ou_00001"})


class Refusals(unittest.TestCase):
    def refused(self, call, code, status):
        with self.assertRaises((ClientException, ServerException)) as refused:
            call()
        self.assertEqual((refused.exception.code, refused.exception.status_code), (code, status))
        return refused.exception

    def listing(self, of):
        return lambda: of.list_users(models.ListUsersRequest(instance_id=simulation.INSTANCE_ID))

    def test_a_wrong_secret_is_a_wrong_signature(self):
        refused = self.refused(self.listing(client(secret="wrong")), "SignatureDoesNotMatch", 400)
        self.assertTrue(refused.request_id)

    def test_an_unknown_key_is_not_found(self):
        self.refused(self.listing(client(key="LTAInobody")), "InvalidAccessKeyId.NotFound", 404)

    def test_an_unknown_account_is_not_found(self):
        request = models.GetUserRequest(instance_id=simulation.INSTANCE_ID, user_id="user_nobody")
        self.refused(lambda: client().get_user(request), "ResourceNotFound.User", 404)

    def test_a_missing_right_is_refused(self):
        with simulation.fault("idaas-no-permission=ListUsers"):
            self.refused(self.listing(client()), "NoPermission", 403)

    def test_throttling_is_told_as_such(self):
        with simulation.fault("throttle@ListUsers"), self.assertRaises(Exception) as refused:
            self.listing(client())()
        self.assertIsInstance(refused.exception, (ThrottlingException, ClientException))
        self.assertEqual(refused.exception.code, "Throttling.User")


class Writing(unittest.TestCase):
    def test_an_account_is_created_and_deleted(self):
        of = client()
        created = of.create_user(
            models.CreateUserRequest(
                instance_id=simulation.INSTANCE_ID,
                username="sdk.person",
                display_name="客户端 & Co +1",
                primary_organizational_unit_id="ou_root",
            )
        ).body
        request = models.GetUserRequest(instance_id=simulation.INSTANCE_ID, user_id=created.user_id)
        self.assertEqual(of.get_user(request).body.user.display_name, "客户端 & Co +1")
        of.delete_user(
            models.DeleteUserRequest(instance_id=simulation.INSTANCE_ID, user_id=created.user_id)
        )
        with self.assertRaises(ClientException):
            of.get_user(request)


if __name__ == "__main__":
    unittest.main()
