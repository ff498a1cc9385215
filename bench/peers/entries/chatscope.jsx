/** chatscope's components as its documentation puts them together; the messages are the page's own. */

import {
  ChatContainer,
  MainContainer,
  Message,
  MessageInput,
  MessageList,
} from '@chatscope/chat-ui-kit-react';
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import '@chatscope/chat-ui-kit-styles/dist/default/styles.min.css';

function Room() {
  const [messages, setMessages] = useState(window.messages);
  useEffect(() => {
    window.receive = (message) => setMessages((before) => [...before, message]);
  }, []);
  return (
    <MainContainer>
      <ChatContainer>
        <MessageList>
          {messages.map(({ id, who, text, at }) => (
            <Message
              key={id}
              model={{ message: text, sender: who, sentTime: at, direction: 'incoming', position: 'single' }}
            />
          ))}
        </MessageList>
        <MessageInput placeholder="Write" attachButton={false} />
      </ChatContainer>
    </MainContainer>
  );
}

createRoot(document.getElementById('root')).render(<Room />);
