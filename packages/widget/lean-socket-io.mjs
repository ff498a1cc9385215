/**
 * Decides what of Socket.IO's client goes into widget.js: everything but binary packets, which the chat never sends and
 * its server closes on, WebTransport, which that server does not speak, and what only browsers too old for the widget need.
 * The protocol stays whole: WebSocket first, long polling where it does not get through.
 */

import { readFile } from 'node:fs/promises';

/** What stands in for each file; exports that nothing in the widget uses are left away. @type {Record<string, string>} */
const STANDINS = {
  // https://github.com/socketio/socket.io-protocol, packets 0 to 4.
  'socket.io-parser/build/esm/index.js': `
    import { Emitter } from '@socket.io/component-emitter';
    export const protocol = 5;
    export const PacketType = {
      CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4, BINARY_EVENT: 5, BINARY_ACK: 6,
    };
    export class Encoder {
      encode({ type, nsp, id, data }) {
        const space = nsp && nsp !== '/' ? nsp + ',' : '';
        return [type + space + (id ?? '') + (data == null ? '' : JSON.stringify(data))];
      }
    }
    export class Decoder extends Emitter {
      add(text) {
        const [, type, nsp = '/', id, json] = /^([0-4])(?:(\\/[^,]*),)?(\\d*)([^]*)$/.exec(text);
        const data = json ? JSON.parse(json) : undefined;
        if ((type === '2' || type === '3') && !Array.isArray(data)) throw new Error('invalid payload');
        this.emitReserved('decoded', { type: +type, nsp, id: id ? +id : undefined, data });
      }
      destroy() {}
    }`,
  'engine.io-parser/build/esm/encodePacket.browser.js': `
    import { PACKET_TYPES } from './commons.js';
    export const encodePacket = ({ type, data }, _binary, callback) => callback(PACKET_TYPES[type] + (data || ''));
    export const encodePacketToBinary = () => {};`,
  'engine.io-parser/build/esm/decodePacket.browser.js': `
    import { ERROR_PACKET, PACKET_TYPES_REVERSE } from './commons.js';
    export const decodePacket = (packet) => {
      const type = typeof packet === 'string' && PACKET_TYPES_REVERSE[packet[0]];
      if (!type) return ERROR_PACKET;
      return packet.length > 1 ? { type, data: packet.slice(1) } : { type };
    };`,
  'engine.io-client/build/esm/index.js': `
    export { Socket } from './socket.js';
    export { installTimerFunctions } from './util.js';
    export { parse } from './contrib/parseuri.js';
    export { nextTick } from './globals.node.js';
    export const Fetch = 0, NodeXHR = 0, XHR = 0, NodeWebSocket = 0, WebSocket = 0, WebTransport = 0;`,
  'engine.io-client/build/esm/transports/index.js': `
    import { Fetch } from './polling-fetch.js';
    import { WS } from './websocket.js';
    export const transports = { websocket: WS, polling: Fetch };`,
  // The transport of browsers, without the options of Node and React Native.
  'engine.io-client/build/esm/transports/websocket.js': `
    import { encodePacket } from 'engine.io-parser';
    import { nextTick } from '../globals.node.js';
    import { Transport } from '../transport.js';
    export class WS extends Transport {
      get name() { return 'websocket'; }
      doOpen() {
        try {
          this.ws = new WebSocket(this.uri());
        } catch (error) {
          // Nobody listens before this turn is over.
          return queueMicrotask(() => this.onError('websocket error', error));
        }
        this.ws.onopen = () => this.onOpen();
        this.ws.onclose = (context) => this.onClose({ description: 'websocket connection closed', context });
        this.ws.onmessage = ({ data }) => this.onData(data);
        this.ws.onerror = (error) => this.onError('websocket error', error);
      }
      write(packets) {
        this.writable = false;
        // A socket that is closing throws, before it says that it is.
        for (const packet of packets) encodePacket(packet, true, (data) => { try { this.ws.send(data); } catch {} });
        nextTick(() => {
          this.writable = true;
          this.emitReserved('drain');
        }, this.setTimeoutFn);
      }
      doClose() {
        if (!this.ws) return;
        this.ws.onerror = () => {};
        this.ws.close();
        this.ws = null;
      }
      uri() { return this.createUri(this.opts.secure ? 'wss' : 'ws', this.query); }
    }`,
  'socket.io-client/build/esm/contrib/backo2.js': `
    export class Backoff { reset() {} }`,
  // The server's address is always an absolute origin, and every chat has a connection of its own.
  'socket.io-client/build/esm/index.js': `
    import { Manager } from './manager.js';
    export const io = (address, options) => new Manager(address, options).socket('/', options);`,
  'engine.io-client/build/esm/contrib/parseuri.js': `
    export const parse = (address) => {
      const { protocol, hostname, port } = new URL(address);
      return { protocol: protocol.slice(0, -1), host: hostname.replace(/[[\\]]/g, ''), port };
    };`,
};

/**
 * Methods that do nothing in the widget. Connecting again is decided in packages/client, so Socket.IO's own way of it
 * goes. A connection that had to fall back to long polling stays there, and the next one begins with WebSocket again.
 * @type {Record<string, string[]>}
 */
const IDLE = {
  'socket.io-client/build/esm/manager.js': [
    ...['reconnect', 'onreconnect', 'maybeReconnectOnOpen', 'reconnection', 'reconnectionAttempts'],
    ...['reconnectionDelay', 'reconnectionDelayMax', 'randomizationFactor'],
  ],
  'socket.io-client/build/esm/socket.js': [
    ...[
      '_addToQueue',
      '_drainQueue',
      'emitWithAck',
      'send',
      'compress',
      'prependAny',
      'offAny',
      'listenersAny',
    ],
    ...[
      'onAnyOutgoing',
      'prependAnyOutgoing',
      'offAnyOutgoing',
      'listenersAnyOutgoing',
      'notifyOutgoingListeners',
    ],
  ],
  'engine.io-client/build/esm/socket.js': ['_probe'],
  'engine.io-client/build/esm/transports/polling.js': ['pause'],
};

/**
 * @param {string} source
 * @param {string[]} names
 */
function empty(source, names) {
  return names.reduce((text, name) => {
    const method = new RegExp(`^    ${name}\\([^\\n]*\\) \\{\\n[^]*?^    \\}$`, 'm');
    if (!method.test(text)) throw new Error(`Socket.IO's client no longer has ${name}`);
    return text.replace(method, `    ${name}() {}`);
  }, source);
}

/** @type {import('esbuild').Plugin} */
export const leanSocketIo = {
  name: 'lean Socket.IO',
  setup(bundle) {
    /** @type {Set<string>} */
    const met = new Set();
    const names = [...Object.keys(STANDINS), ...Object.keys(IDLE)];
    bundle.onLoad({ filter: /\.io-(client|parser).build.esm.*\.js$/ }, async ({ path }) => {
      const name = names.find((each) => path.replaceAll('\\', '/').endsWith(each));
      if (name === undefined) return null;
      met.add(name);
      const contents = STANDINS[name] ?? empty(await readFile(path, 'utf8'), IDLE[name] ?? []);
      return { contents, loader: 'js' };
    });
    bundle.onEnd(() => {
      const unmet = names.filter((name) => !met.has(name));
      if (unmet.length > 0)
        return { errors: [{ text: `Socket.IO's client no longer has ${unmet.join(', ')}` }] };
      return null;
    });
  },
};
