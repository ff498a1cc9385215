/** PubNub by its chat components for React: one channel, a list and an input. */

import { Chat, MessageInput, MessageList } from '@pubnub/react-chat-components';
import PubNub from 'pubnub';
import { PubNubProvider } from 'pubnub-react';
import { createRoot } from 'react-dom/client';

const client = new PubNub({ publishKey: 'key', subscribeKey: 'key', userId: 'visitor' });

createRoot(document.getElementById('root')).render(
  <PubNubProvider client={client}>
    <Chat currentChannel="room">
      <MessageList fetchMessages={50} />
      <MessageInput />
    </Chat>
  </PubNubProvider>,
);
