/** What stories about following the log stand on: a member that asks for frames, and a room in which much was said. */

import type { TestContext } from 'node:test';
import type { ChangeFrame, LogPosition, Message } from '@chatty/protocol';
import { io, type Socket } from 'socket.io-client';
import { assertStored, connectClient, createTestToken, type TestServer, waitUntil } from './server.js';

/** A member that asks for frames and keeps each as it came. */
export class FrameFollower {
  readonly socket: Socket;
  readonly histories: { messages: Message[]; position: LogPosition }[] = [];
  readonly frames: ChangeFrame[] = [];
  readonly heads: LogPosition[] = [];
  readonly counts: number[] = [];
  /** Where it stands. */
  position: LogPosition | undefined;

  constructor(url: string, token: string, after?: LogPosition) {
    this.socket = io(url, { auth: { token, batch: true, after }, forceNew: true, transports: ['websocket'] });
    this.socket.on('history', (messages, position) => {
      this.histories.push({ messages, position });
      this.position = position;
    });
    this.socket.on('messages', (frame) => {
      this.frames.push(frame);
      this.position = { epoch: frame.epoch, seq: frame.seq };
    });
    this.socket.on('head', (position) => this.heads.push(position));
    this.socket.on('presence', ({ count }) => this.counts.push(count));
  }
}

export async function connectFollower(context: TestContext, url: string, token: string, after?: LogPosition) {
  const follower = new FrameFollower(url, token, after);
  context.after(() => follower.socket.disconnect());
  await waitUntil(() => follower.position !== undefined, 'the first answer');
  return follower;
}

export const rangeInclusive = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

export async function sendMessages({ url }: TestServer, context: TestContext, count: number) {
  const minsu = await connectClient(context, url, createTestToken('민수'));
  await Promise.all(
    rangeInclusive(1, count).map(async (number) => assertStored(await minsu.send(`말 ${number}`))),
  );
  return minsu;
}

export const HIGH_RATE_LIMITS = { SEND_BURST: '100000' };
