/** Which other chats ours is measured beside, in which exact versions, and what is known of each. */

/** One chat of another project. Installed in a folder of its own for as long as it is measured, never distributed. */
export type Peer = {
  name: string;
  /** The file in entries/ that is built; the smallest page that reads and writes one channel. */
  entry: string;
  licence: string;
  packages: Record<string, string>;
  /** What the bytes hold. */
  holds: string;
  /** Where one writes, for those whose messages may come from the page itself; null: it needs its own service. */
  field: string | null;
};

const REACT = { react: '19.3.1', 'react-dom': '19.3.1' };
const OLDER_REACT = { react: '18.3.1', 'react-dom': '18.3.1' };

/** What the packages ask for in their turn is taken as it was on this day. */
export const CHECKED_ON = '2026-11-25';

export const PEERS: Peer[] = [
  {
    name: 'Rocket.Chat EmbeddedChat 0.2.3',
    entry: 'embedded-chat.jsx',
    licence: 'ISC',
    packages: { '@embeddedchat/react': '0.2.3', ...OLDER_REACT },
    holds: 'UI, client, React 18',
    field: null,
  },
  {
    name: 'Ably Chat, UI kit 0.3.0',
    entry: 'ably.jsx',
    licence: 'Apache-2.0',
    packages: { ably: '2.28.0', '@ably/chat': '1.4.0', '@ably/chat-react-ui-kit': '0.3.0', ...REACT },
    holds: 'UI, client, React 19',
    field: null,
  },
  {
    name: 'PubNub chat components 0.34.0',
    entry: 'pubnub.jsx',
    licence: 'MIT',
    // The client's last version under an open licence.
    packages: {
      '@pubnub/react-chat-components': '0.34.0',
      pubnub: '7.3.3',
      'pubnub-react': '3.0.2',
      ...OLDER_REACT,
    },
    holds: 'UI, client 7.3.3, React 18',
    field: null,
  },
  {
    name: 'chatscope 2.1.1',
    entry: 'chatscope.jsx',
    licence: 'MIT',
    packages: {
      '@chatscope/chat-ui-kit-react': '2.1.1',
      '@chatscope/chat-ui-kit-styles': '1.4.0',
      'prop-types': '15.8.1',
      ...REACT,
    },
    holds: 'UI, React 19; no client',
    field: '.cs-message-input__content-editor',
  },
  {
    name: 'react-chat-elements 12.0.18',
    entry: 'react-chat-elements.jsx',
    licence: 'MIT',
    packages: { 'react-chat-elements': '12.0.18', react: '18.2.0', 'react-dom': '18.2.0' },
    holds: 'UI, React 18; no client',
    field: '.rce-input-textarea',
  },
];

/** No library at all: what the browser itself and the measuring cost. */
export const PLAIN_PEER: Peer = {
  name: 'hand-written list and field',
  entry: 'plain.js',
  licence: '',
  packages: {},
  holds: 'no library, no client',
  field: 'textarea',
};

/** Known and not measured, with the reason. */
export const EXCLUDED_PEERS = [
  'Stream (stream-chat-react): its licence allows only its own customers to install it, and excludes makers of other chats.',
  'Sendbird (uikit-react): the SDK below it is licensed only for applications that use its service.',
  'TalkJS, CometChat: proprietary, and their packages do not contain their licence terms.',
];
