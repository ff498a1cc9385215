/** Rocket.Chat by its EmbeddedChat: the one component there is. */

import { EmbeddedChat } from '@embeddedchat/react';
import { createRoot } from 'react-dom/client';

createRoot(document.getElementById('root')).render(
  <EmbeddedChat host="https://chat.example" roomId="GENERAL" auth={{ flow: 'TOKEN' }} />,
);
