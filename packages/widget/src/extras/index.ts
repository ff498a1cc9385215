/** Loaded once the talk is drawn: what a reader does not need, and a writer not with the first line. */

import text from './extras.css';

export { EmojiButton } from './emoji.js';
export { Mentions } from './mention.js';
export { Editor, Removal, Tools } from './own.js';
export { Replying } from './reply.js';
export const styles: string = text;
