"""The vendor's client of IDaaS (EIAM 2021-12-01)."""

import json
import unittest
import urllib.request

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

    def test_accounts_and_units_are_changed_step_by_step(self):
        of, instance = client(), simulation.INSTANCE_ID
        unit = of.create_organizational_unit(
            models.CreateOrganizationalUnitRequest(
                instance_id=instance, parent_id="ou_root", organizational_unit_name="sdk unit"
            )
        ).body.organizational_unit_id
        user = of.create_user(
            models.CreateUserRequest(
                instance_id=instance, username="sdk.mover", primary_organizational_unit_id="ou_root"
            )
        ).body.user_id
        of.update_user(models.UpdateUserRequest(instance_id=instance, user_id=user, display_name="改名"))
        of.set_user_primary_organizational_unit(
            models.SetUserPrimaryOrganizationalUnitRequest(
                instance_id=instance, user_id=user, organizational_unit_id=unit
            )
        )
        of.disable_user(models.DisableUserRequest(instance_id=instance, user_id=user))
        read = models.GetUserRequest(instance_id=instance, user_id=user)
        found = of.get_user(read).body.user
        self.assertEqual((found.display_name, found.status), ("改名", "disabled"))
        self.assertEqual(found.primary_organizational_unit_id, unit)
        of.delete_user(models.DeleteUserRequest(instance_id=instance, user_id=user))
        of.delete_organizational_unit(
            models.DeleteOrganizationalUnitRequest(instance_id=instance, organizational_unit_id=unit)
        )


class Logon(unittest.TestCase):
    """The outbound DingTalk identity provider and the accounts bound to it."""

    TYPE = "urn:alibaba:idaas:idp:alibaba:dingtalk:push"

    def setUp(self):
        self.of = client()
        self.made = self.of.create_identity_provider(
            models.CreateIdentityProviderRequest(
                instance_id=simulation.INSTANCE_ID,
                identity_provider_name="sdk provider",
                identity_provider_type=self.TYPE,
                authn_config=models.CreateIdentityProviderRequestAuthnConfig(authn_status="disabled"),
                dingtalk_app_config=models.CreateIdentityProviderRequestDingtalkAppConfig(
                    corp_id=simulation.CORP_ID,
                    app_key=simulation.APP_KEY,
                    app_secret=simulation.APP_SECRET,
                    dingtalk_version="public_dingtalk",
                ),
                ud_push_config=models.CreateIdentityProviderRequestUdPushConfig(
                    ud_sync_scope_configs=[
                        models.CreateIdentityProviderRequestUdPushConfigUdSyncScopeConfigs(
                            source_scopes=["ou_root", "ou_00001"], target_scope="1"
                        )
                    ]
                ),
            )
        ).body.identity_provider_id

    def tearDown(self):
        self.of.delete_identity_provider(self.named(models.DeleteIdentityProviderRequest))

    def named(self, request, **more):
        return request(
            instance_id=simulation.INSTANCE_ID, identity_provider_id=self.made, **more
        )

    def detail(self):
        answer = self.of.get_identity_provider(self.named(models.GetIdentityProviderRequest))
        return answer.body.identity_provider_detail

    def test_a_provider_is_listed_read_switched_on_and_off(self):
        listed = self.of.list_identity_providers(
            models.ListIdentityProvidersRequest(
                instance_id=simulation.INSTANCE_ID, direction="push", page_number=1, page_size=20
            )
        ).body
        self.assertEqual(listed.total_count, 1)
        self.assertEqual(listed.identity_providers[0].identity_provider_type, self.TYPE)
        detail = self.detail()
        self.assertEqual(detail.dingtalk_app_config.corp_id, simulation.CORP_ID)
        self.assertNotEqual(detail.dingtalk_app_config.app_secret, simulation.APP_SECRET)
        self.assertEqual(detail.authn_status, "disabled")
        scope = detail.ud_push_config.ud_sync_scope_configs[0]
        self.assertEqual((scope.source_scopes, scope.target_scope), (["ou_root", "ou_00001"], "1"))
        self.of.enable_identity_provider_authn(self.named(models.EnableIdentityProviderAuthnRequest))
        self.assertEqual(self.detail().authn_status, "enabled")
        self.of.disable_identity_provider_authn(self.named(models.DisableIdentityProviderAuthnRequest))
        self.assertEqual(self.detail().authn_status, "disabled")

    def test_its_outbound_configuration_is_set_and_read(self):
        self.of.set_identity_provider_ud_push_configuration(
            self.named(
                models.SetIdentityProviderUdPushConfigurationRequest,
                incremental_callback_status="enabled",
                periodic_sync_status="enabled",
                periodic_sync_config=models.SetIdentityProviderUdPushConfigurationRequestPeriodicSyncConfig(
                    periodic_sync_type="time", periodic_sync_times=[3, 5]
                ),
                ud_sync_scope_configs=[
                    models.SetIdentityProviderUdPushConfigurationRequestUdSyncScopeConfigs(
                        source_scopes=["ou_root"], target_scope="50000000"
                    )
                ],
            )
        )
        found = self.of.get_identity_provider_ud_push_configuration(
            self.named(models.GetIdentityProviderUdPushConfigurationRequest)
        ).body.ud_push_configuration
        self.assertEqual(found.incremental_callback_status, "enabled")
        self.assertEqual(found.ud_sync_scope_configs[0].target_scope, "50000000")
        self.assertEqual(list(map(str, found.periodic_sync_config.periodic_sync_times)), ["3", "5"])

    def test_its_status_is_checked(self):
        job = self.of.create_identity_provider_status_check_job(
            self.named(models.CreateIdentityProviderStatusCheckJobRequest)
        ).body.identity_provider_status_check_job_id
        found = self.of.get_identity_provider_status_check_job(
            self.named(
                models.GetIdentityProviderStatusCheckJobRequest, identity_provider_status_check_job_id=job
            )
        ).body.identity_provider_status_check_job
        self.assertEqual(found.check_result, "success")
        self.assertEqual(self.detail().last_status_check_job_result, "success")

    def test_an_account_is_bound_listed_and_unbound(self):
        def mappings():
            body = self.of.list_user_authn_source_mappings(
                self.named(models.ListUserAuthnSourceMappingsRequest, user_id="user_000001")
            ).body
            return [mapping.user_external_id for mapping in body.user_authn_source_mappings]

        bind = self.named(
            models.BindUserAuthnSourceMappingRequest, user_id="user_000001", user_external_id="manager00001"
        )
        self.of.bind_user_authn_source_mapping(bind)
        self.assertEqual(mappings(), ["manager00001"])
        with self.assertRaises(ClientException):
            self.of.bind_user_authn_source_mapping(bind)
        self.of.unbind_user_authn_source_mapping(
            self.named(
                models.UnbindUserAuthnSourceMappingRequest,
                user_id="user_000001",
                user_external_id="manager00001",
            )
        )
        self.assertEqual(mappings(), [])

    def test_a_missing_right_is_refused(self):
        with simulation.fault("idaas-no-permission=GetIdentityProvider"):
            with self.assertRaises(ClientException) as refused:
                self.detail()
        self.assertEqual(refused.exception.code, "NoPermission")


class Provisioning(unittest.TestCase):
    """Where an application's callbacks go."""

    APPLICATION = "app_simulator0001"

    def test_callbacks_are_set_up_and_read(self):
        of, instance = client(), simulation.INSTANCE_ID
        kinds = ["urn:alibaba:idaas:app:event:ud:user:create"]
        of.set_application_provisioning_config(
            models.SetApplicationProvisioningConfigRequest(
                instance_id=instance,
                application_id=self.APPLICATION,
                provision_protocol_type="idaas_callback",
                provision_password=False,
                callback_provisioning_config=models.SetApplicationProvisioningConfigRequestCallbackProvisioningConfig(
                    callback_url="http://127.0.0.1:9/idaas/events",
                    encrypt_key="0" * 64,
                    encrypt_required=True,
                    listen_event_scopes=kinds,
                ),
            )
        )
        of.set_application_provisioning_scope(
            models.SetApplicationProvisioningScopeRequest(
                instance_id=instance, application_id=self.APPLICATION, organizational_unit_ids=["ou_root"]
            )
        )
        read = models.GetApplicationProvisioningConfigRequest(
            instance_id=instance, application_id=self.APPLICATION
        )
        found = of.get_application_provisioning_config(read).body.application_provisioning_config
        self.assertEqual(found.callback_provisioning_config.listen_event_scopes, kinds)
        self.assertTrue(found.callback_provisioning_config.encrypt_required)
        self.assertEqual(found.status, "disabled")
        with urllib.request.urlopen(found.provision_jwks_endpoint) as answer:
            keys = json.load(answer)["keys"]
        self.assertEqual((keys[0]["kty"], keys[0]["use"]), ("RSA", "sig"))


if __name__ == "__main__":
    unittest.main()
