/** Sends requests to the administration API, and turns its errors into sentences for the terminal. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, loadEnvironment } from '@chatty/server';

export type ApiClient = {
  /** @throws Error with a sentence that says what to change */
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<ApiAnswer>;
};

export type ApiAnswer = Record<string, unknown>;

/** What the server answers on paths that it does not have. */
const UNKNOWN_PATH_MESSAGE = 'There is nothing here.';
const REQUEST_TIMEOUT_MS = 15_000;
const DEFAULT_PORT = '3000';
const DEFAULT_DATA_FOLDER = 'data';

/** @param options.folder with `.env` and the data folder, as for the server */
export function createApiClient(options: { folder: string; environment: Environment }): ApiClient {
  const settings = loadEnvironment(options.folder, options.environment).environment;
  const server = settings.CHATTY_URL || `http://127.0.0.1:${settings.PORT || DEFAULT_PORT}`;

  function readAdminKey(): string {
    if (settings.ADMIN_KEY) return settings.ADMIN_KEY;
    const file = join(options.folder, settings.CHATTY_DATA_DIR || DEFAULT_DATA_FOLDER, 'admin-key');
    if (existsSync(file)) return readFileSync(file, 'utf8').trim();
    throw new Error(
      'ADMIN_KEY is not set. Give the server and this command the same key of at least 32 random bytes.',
    );
  }

  return {
    async call(method, path, body) {
      const authorization = `Bearer ${readAdminKey()}`;
      const response = await fetch(`${server}/api/v1${path}`, {
        method,
        headers: body ? { authorization, 'content-type': 'application/json' } : { authorization },
        body: body ? JSON.stringify(body) : null,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      }).catch(() => {
        throw new Error(`No server answers at ${server}. Start it, or set CHATTY_URL.`);
      });
      const answer = (await response.json().catch(() => ({}))) as ApiAnswer;
      if (response.ok) return answer;
      if (response.status === 404 && answer.message === UNKNOWN_PATH_MESSAGE)
        throw new Error(`The server at ${server} has no administration. Start it with ADMIN_KEY.`);
      throw new Error(
        typeof answer.message === 'string' ? answer.message : `The server answered ${response.status}.`,
      );
    },
  };
}
