/** No library: a list and a field by hand, the floor under every figure of the browser. */

const frame = document.getElementById('root');
const list = document.createElement('ol');
frame.append(list, document.createElement('textarea'));
Object.assign(list.style, { height: '80%', overflow: 'auto' });

window.receive = ({ who, text }) => {
  const row = document.createElement('li');
  row.textContent = `${who}: ${text}`;
  list.append(row);
  list.scrollTop = list.scrollHeight;
};
for (const message of window.messages) window.receive(message);
