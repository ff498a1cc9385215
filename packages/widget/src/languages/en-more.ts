/** What the parts of the widget that come later say, in English. */

import type { MoreTable } from '../words.js';

export const en: MoreTable = ({ number, plural, name }) => {
  const people = plural({ one: '# person', other: '# people' });
  return {
    edit: 'Edit',
    removeSure: 'Delete this message?',
    save: 'Save',
    cancel: 'Cancel',
    reply: 'Reply',
    jumpToQuoted: 'Go to the original message',
    quotedGone: 'The original message was deleted',
    react: 'React',
    addReaction: 'Add a reaction',
    emoji: 'Emoji',
    searchEmoji: 'Search emoji',
    noEmojiFound: 'No emoji found',
    mention: 'Mention',
    typingMany: 'Several people are typing…',
    toFirstUnread: (count) => `To the first unread message (${number(count)})`,
    replyingTo: (who) => `Replying to ${name(who)}`,
    typingOne: (who) => `${name(who)} is typing…`,
    typingTwo: (one, other) => `${name(one)} and ${name(other)} are typing…`,
    reactedWith: (emoji, count) => `${people(count)} reacted with ${emoji}`,
    codes: {
      draining: 'The chat is moving to another server. Please try again shortly.',
      token_claims: 'Your profile on this site lacks something the chat needs.',
      invalid: 'This message could not be read.',
      conflict: 'This message was already sent in another form.',
      too_many: 'This message has too many different reactions already.',
      not_found: 'The message this refers to is gone.',
      banned: 'You are banned from this chat.',
      kicked: 'A moderator has sent you out for a moment.',
      muted: 'A moderator has muted you.',
      frozen: 'The chat is paused.',
      read_only: 'You can only read here.',
      level_required: 'You need a higher level to write here.',
      slow_mode: 'Slow mode is on. Wait before your next message.',
      duplicate: 'You just sent the same message.',
      links_refused: 'You cannot post links here yet.',
      word_refused: 'Your message contains a word that is not allowed here.',
      name_reserved: 'This name is reserved.',
    },
    categories: {
      recent: 'Recently used',
      smileys: 'Smileys',
      people: 'People',
      nature: 'Animals and nature',
      food: 'Food and drink',
      travel: 'Travel and places',
      activity: 'Activities',
      objects: 'Objects',
      symbols: 'Symbols',
      flags: 'Flags',
    },
  };
};
