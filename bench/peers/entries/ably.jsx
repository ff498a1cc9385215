/** Ably Chat by its React UI kit: one room in a ChatWindow, with the providers its setup page asks for. */

import { ChatClient } from '@ably/chat';
import { ChatClientProvider, ChatRoomProvider } from '@ably/chat/react';
import { AvatarProvider, ChatSettingsProvider, ChatWindow, ThemeProvider } from '@ably/chat-react-ui-kit';
import { Realtime } from 'ably';
import { createRoot } from 'react-dom/client';
import '@ably/chat-react-ui-kit/dist/style.css';

const client = new ChatClient(new Realtime({ authUrl: '/token' }));

createRoot(document.getElementById('root')).render(
  <ThemeProvider>
    <AvatarProvider>
      <ChatSettingsProvider>
        <ChatClientProvider client={client}>
          <ChatRoomProvider name="room">
            <ChatWindow roomName="room" />
          </ChatRoomProvider>
        </ChatClientProvider>
      </ChatSettingsProvider>
    </AvatarProvider>
  </ThemeProvider>,
);
