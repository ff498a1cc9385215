/** What stories about following the log stand on: a member that asks for frames, and a room in which much was said. */

import type { TestContext } from 'node:test';
import type { Frame, Message, Position } from '@chatty/protocol/events';
import { io, type Socket } from 'socket.io-client';
import { type Chatty, join, stored, tokenOf, until } from './server.js';

/** A member that asks for frames and keeps each as it came. */
export class Follower {
  readonly socket: Socket;
  readonly histories: { messages: Message[]; position: Position }[] = [];
  readonly frames: Frame[] = [];
  readonly heads: Position[] = [];
  readonly counts: number[] = [];
  /** Where it stands. */
  position: Position | undefined;

  constructor(url: string, token: string, after?: Position) {
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

export async function follow(context: TestContext, url: string, token: string, after?: Position) {
  const follower = new Follower(url, token, after);
  context.after(() => follower.socket.disconnect());
  await until(() => follower.position !== undefined, 'the first answer');
  return follower;
}

export const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

export async function talk({ url }: Chatty, context: TestContext, count: number) {
  const minsu = await join(context, url, tokenOf('민수'));
  await Promise.all(upTo(1, count).map(async (number) => stored(await minsu.say(`말 ${number}`))));
  return minsu;
}

export const roomy = { SEND_BURST: '100000' };
