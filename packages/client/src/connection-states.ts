/** Decides the state of the connection: one written table. */

/**
 * idle: not asked to connect. connecting: the first try is under way. recovering: connected, catching up with the room.
 * live: in the room and up to date. waiting: lost or not reached, will try again. refused: the server will not have this
 * token. closed: over.
 */
export type ConnectionState =
  | 'idle'
  | 'connecting'
  | 'recovering'
  | 'live'
  | 'waiting'
  | 'refused'
  | 'closed';
/** connect: asked to. open: the handshake is through. joined: caught up. lost: no connection. refuse, close: by either side. */
export type ConnectionEvent = 'connect' | 'open' | 'joined' | 'lost' | 'refuse' | 'close';

/** What an event makes of a state. Where nothing is written the state keeps itself: what comes late changes nothing. */
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
