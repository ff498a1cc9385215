/** Decides how the state of the connection changes: one table of states and events. */

/**
 * - idle: `connect` was not called yet.
 * - connecting: the first attempt is under way.
 * - recovering: connected, fetching missed changes.
 * - live: in the room and up to date.
 * - waiting: not connected, another attempt is scheduled or under way.
 * - refused: the server does not accept this token, or the user is banned.
 * - closed: `close` was called. Final.
 */
export type ConnectionState =
  | 'idle'
  | 'connecting'
  | 'recovering'
  | 'live'
  | 'waiting'
  | 'refused'
  | 'closed';
/**
 * - connect: the caller asks for a connection.
 * - open: the handshake succeeded.
 * - joined: all missed changes are here.
 * - lost: the connection broke or could not be made.
 * - refuse: the server refuses the connection for good.
 * - close: the caller ends it.
 */
export type ConnectionEvent = 'connect' | 'open' | 'joined' | 'lost' | 'refuse' | 'close';

/** The next state for each state and event. An event that is not listed changes nothing: it came too late. */
export const transitions: {
  readonly [From in ConnectionState]: { readonly [On in ConnectionEvent]?: ConnectionState };
} = {
  idle: { connect: 'connecting', close: 'closed' },
  connecting: { open: 'recovering', lost: 'waiting', refuse: 'refused', close: 'closed' },
  recovering: { joined: 'live', lost: 'waiting', refuse: 'refused', close: 'closed' },
  live: { lost: 'waiting', refuse: 'refused', close: 'closed' },
  waiting: { open: 'recovering', refuse: 'refused', close: 'closed' },
  refused: { connect: 'connecting', close: 'closed' },
  closed: {},
};
