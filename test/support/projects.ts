/** What tests of projects stand on: a server with an administration, and how it is asked. */

import assert from 'node:assert/strict';

export const ADMIN_KEY = 'an admin key of the tests, 32 bytes or more';
const SECRETS_ENCRYPTION_KEY = 'a sealing key of the tests, 32 bytes or more';
export const KEY_SETTINGS = { ADMIN_KEY, SECRETS_ENCRYPTION_KEY };

type ApiAnswer = {
  status: number;
  body: Record<string, never> & { code?: string; secret?: string; kid?: string };
};

export async function callApi(
  { url }: { url: string },
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<ApiAnswer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body ? JSON.stringify(body) : null,
  });
  return { status: response.status, body: (await response.json()) as ApiAnswer['body'] };
}

export async function createProject(chatty: { url: string }, id: string, more: object = {}): Promise<void> {
  assert.equal((await callApi(chatty, 'POST', '/projects', { id, ...more })).status, 201);
}
