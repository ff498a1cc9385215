/** HTTP requests written out by hand, Engine.IO's long polling among them: the bytes arrive as they are. */

import { connect } from 'node:net';

export type RawResponse = { status: number; head: string; body: string };

/**
 * Sends bytes on a connection of their own; resolves with the answer, or null where the server hung up without one.
 * @param timeoutMs milliseconds after which the client hangs up
 */
export function sendRawRequest(
  url: string,
  bytes: string | Uint8Array,
  timeoutMs = 20_000,
): Promise<RawResponse | null> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const tcp = connect({ host: hostname, port: Number(port), noDelay: true });
    let text = '';
    const finish = () => {
      clearTimeout(timer);
      tcp.destroy();
      resolve(parseResponse(text));
    };
    const timer = setTimeout(finish, timeoutMs);
    tcp.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      const answer = parseResponse(text);
      const chunked = /\r\ntransfer-encoding: chunked/i.test(text) && text.endsWith('\r\n0\r\n\r\n');
      if (answer && (chunked || Buffer.byteLength(answer.body) >= length)) finish();
    });
    // A hang-up is an answer here.
    tcp.on('error', () => undefined);
    tcp.once('close', finish);
    tcp.write(bytes);
  });
}

function parseResponse(text: string): RawResponse | null {
  const end = text.indexOf('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  return end < 0 || status === 0 ? null : { status, head: text.slice(0, end), body: text.slice(end + 4) };
}

/** A request of Engine.IO's long polling. */
export function pollingRequest(
  url: string,
  options: { method?: string; query?: string; body?: string; headers?: readonly string[] } = {},
): string {
  const { method = 'GET', query = 'EIO=4&transport=polling', body, headers = [] } = options;
  const lines = [`${method} /socket.io/?${query} HTTP/1.1`, `Host: ${new URL(url).host}`, ...headers];
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/** Opens a polling session and returns its id. */
export async function openPollingSession(url: string): Promise<string> {
  const answer = await sendRawRequest(url, pollingRequest(url));
  const sid = /"sid":"([^"]+)"/.exec(answer?.body ?? '')?.[1];
  if (!sid) throw new Error(`no session in ${JSON.stringify(answer)}`);
  return sid;
}
