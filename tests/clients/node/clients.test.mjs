// The vendor's generic Node client: an implementation of signature and encoding of its own, independent of the others.

import assert from 'node:assert/strict';
import test from 'node:test';
import openapi from '@alicloud/openapi-client';
import openapiUtil from '@alicloud/openapi-util';
import teaUtil from '@alicloud/tea-util';

const { default: Client, Config, OpenApiRequest, Params } = openapi;
const Query = openapiUtil.default;
const endpoint = process.env.SIMULATION;
const instance = 'idaas_simulator0001';

function client(secret = 'simulated-access-key-secret-0001') {
  const accessKeyId = 'LTAIsimulator0001';
  return new Client(
    new Config({ accessKeyId, accessKeySecret: secret, endpoint, protocol: 'http', regionId: 'cn-hangzhou' }),
  );
}

async function eiam(action, query, of = client()) {
  const params = new Params({
    action, version: '2021-12-01', protocol: 'HTTP', pathname: '/', method: 'POST', authType: 'AK',
    style: 'RPC', reqBodyType: 'formData', bodyType: 'json',
  });
  const request = new OpenApiRequest({ query: Query.query({ InstanceId: instance, ...query }) });
  return (await of.callApi(params, request, new teaUtil.RuntimeOptions({}))).body;
}

async function dingtalk(pathname, body, headers = {}) {
  const params = new Params({
    action: 'Any', version: 'any', protocol: 'HTTP', pathname, method: 'POST', authType: 'Anonymous',
    style: 'ROA', reqBodyType: 'json', bodyType: 'json',
  });
  const request = new OpenApiRequest({ body, headers });
  return (await client().callApi(params, request, new teaUtil.RuntimeOptions({}))).body;
}

test('accounts and units are listed with their numbers', async () => {
  const accounts = await eiam('ListUsers', { PageNumber: 1, PageSize: 100 });
  assert.equal(accounts.TotalCount, 130);
  assert.equal(accounts.Users.length, 100);
  const units = await eiam('ListOrganizationalUnits', { PageNumber: 1, PageSize: 100 });
  assert.equal(units.TotalCount, units.OrganizationalUnits.length);
});

test('an account is read', async () => {
  const { User } = await eiam('GetUser', { UserId: 'user_000002' });
  assert.equal(User.UserId, 'user_000002');
  assert.equal(User.PhoneNumber, '13800000001');
});

test('what must be escaped in a query is signed as it is sent', async () => {
  const found = await eiam('ListUsers', { DisplayNameStartsWith: "a b+c/d=e&f~g*h'(i)研" });
  assert.equal(found.TotalCount, 0);
});

test('a wrong secret is a wrong signature', async () => {
  await assert.rejects(eiam('ListUsers', {}, client('wrong')), (error) => error.code === 'SignatureDoesNotMatch');
});

test('an account that does not exist is not found', async () => {
  await assert.rejects(eiam('GetUser', { UserId: 'user_nobody' }), (error) => {
    assert.equal(error.code, 'ResourceNotFound.User');
    assert.equal(error.data.statusCode, 404);
    return true;
  });
});

test('a token of DingTalk is given and finds people', async () => {
  const credentials = { appKey: 'dingsimulatorkey01', appSecret: 'simulated-app-secret-0001' };
  const { accessToken } = await dingtalk('/v1.0/oauth2/accessToken', credentials);
  const found = await dingtalk(
    '/v1.0/contact/users/search',
    { queryWord: '张', offset: 0, size: 3 },
    { 'x-acs-dingtalk-access-token': accessToken },
  );
  assert.equal(found.list.length, Math.min(3, found.totalCount));
});

test('an interface of DingTalk that does not exist is 404', async () => {
  await assert.rejects(dingtalk('/v1.0/contact/nothing', {}), (error) => error.data.statusCode === 404);
});
