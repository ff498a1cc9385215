/** react-chat-elements as its documentation puts them together; the messages are the page's own. */

import { useEffect, useRef, useState } from 'react';
import { Button, Input, MessageList } from 'react-chat-elements';
import { createRoot } from 'react-dom/client';
import 'react-chat-elements/dist/main.css';

const messageOf = ({ id, who, text, at }) => ({
  id,
  position: 'left',
  type: 'text',
  title: who,
  text,
  date: new Date(at),
});

function Room() {
  const [messages, setMessages] = useState(() => window.messages.map(messageOf));
  const list = useRef(null);
  useEffect(() => {
    window.receive = (message) => setMessages((before) => [...before, messageOf(message)]);
  }, []);
  return (
    <>
      <div style={{ height: '90%', overflow: 'hidden', display: 'flex' }}>
        <MessageList referance={list} lockable={false} toBottomHeight="100%" dataSource={messages} />
      </div>
      <Input placeholder="Write" multiline rightButtons={<Button text="Send" />} />
    </>
  );
}

createRoot(document.getElementById('root')).render(<Room />);
