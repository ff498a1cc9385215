/** Simulated users who talk in the playground on request: one conversation at a time, at reading pace. */

import { setTimeout as wait } from 'node:timers/promises';
import { createToken } from '@chatty/token';
import { connectPollingClient, type PollingClient } from './polling-client.js';

export type SimulatedUsers = {
  /** Resolves once they are in the room: `talking`, or `busy` where they talk already. */
  startConversation(language: Language, visitor: string): Promise<'talking' | 'busy'>;
  close(): Promise<void>;
};
export type Language = 'ko' | 'en';

/** `answers` counts lines back; `feels` is a reaction to the line before. `@` alone stands for the visitor. */
type ScriptedMessage = { speaker: number; text: string; replyTo?: number; reaction?: string };
type Conversation = { people: readonly string[]; messages: readonly ScriptedMessage[] };

const conversations: Record<Language, Conversation> = {
  ko: {
    people: ['하늘', '도윤', '서연', 'Mia'],
    messages: [
      { speaker: 0, text: '안녕하세요! 여기 처음 와 봤어요 👋' },
      { speaker: 1, text: '어서 오세요 ㅎㅎ 오늘 사람 많네요' },
      { speaker: 2, text: '다들 주말에 뭐 하세요?' },
      { speaker: 0, text: '저는 한강에서 자전거 타려고요 🚴', replyTo: 1, reaction: '👍' },
      { speaker: 3, text: 'Seoul in autumn must be lovely.' },
      { speaker: 1, text: '날씨가 정말 좋아요. 하늘이 아주 높아요', replyTo: 1 },
      { speaker: 2, text: '사진 올려 주세요! https://example.com/han-river', reaction: '❤️' },
      { speaker: 0, text: '**꼭** 올릴게요' },
      { speaker: 3, text: '@ 님도 같이 가요!', reaction: '🎉' },
      { speaker: 1, text: '저는 집에서 `npm start` 하고 있겠습니다 ㅋㅋㅋ' },
      { speaker: 2, text: 'ㅋㅋㅋㅋㅋ 그것도 좋죠', replyTo: 1, reaction: '😂' },
      { speaker: 0, text: '그럼 저녁에 다시 올게요. 즐거운 하루 되세요 😊' },
    ],
  },
  en: {
    people: ['Mia', 'Lucas', 'Amara', '하늘'],
    messages: [
      { speaker: 0, text: 'Hello everyone! First time here 👋' },
      { speaker: 1, text: 'Welcome! It is busy today.' },
      { speaker: 2, text: 'What are you all up to this weekend?' },
      { speaker: 0, text: 'Cycling along the river, if it stays dry 🚴', replyTo: 1, reaction: '👍' },
      { speaker: 3, text: '서울은 날씨가 아주 좋아요 ☀️' },
      { speaker: 1, text: 'Jealous. Rain until Monday where I am.', replyTo: 1 },
      { speaker: 2, text: 'Show us pictures! https://example.com/river', reaction: '❤️' },
      { speaker: 0, text: 'I **will**, promised.' },
      { speaker: 3, text: '@ come along!', reaction: '🎉' },
      { speaker: 1, text: 'I will stay home and run `npm start` all day.' },
      { speaker: 2, text: 'Also a good plan.', replyTo: 1, reaction: '😂' },
      { speaker: 0, text: 'Back in the evening. Have a good one 😊' },
    ],
  },
};

/**
 * @param url of the chat server as this process reaches it
 * @param pace milliseconds from one line to the next
 */
export function createSimulatedUsers(options: {
  url: string;
  jwtSecret: string;
  projectId: string;
  pace: number;
}): SimulatedUsers {
  const { url, jwtSecret: secret, projectId, pace } = options;
  let busy = false;
  const ending = new AbortController();
  let talking: Promise<void> = Promise.resolve();

  const pause = (share: number) =>
    wait(pace * share, undefined, { signal: ending.signal }).catch(() => undefined);

  async function gather(people: readonly string[]): Promise<PollingClient[]> {
    const coming = await Promise.allSettled(
      people.map((username) =>
        connectPollingClient(url, createToken({ secret, projectId, username, userId: `crowd-${username}` })),
      ),
    );
    const there = coming.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (there.length === people.length) return there;
    await Promise.all(there.map((each) => each.disconnect()));
    throw new Error('The chat server does not let the crowd in.');
  }

  async function recite(
    talkers: readonly PollingClient[],
    lines: readonly ScriptedMessage[],
    visitor: string,
  ): Promise<void> {
    const ids: (number | null)[] = [];
    for (const [index, { speaker: who, text, replyTo: answers, reaction: feels }] of lines.entries()) {
      if (ending.signal.aborted) return;
      const talker = talkers[who];
      const before = ids.at(-1) ?? null;
      if (feels && before !== null) await talkers[(who + 1) % talkers.length]?.sendReaction(before, feels);
      await talker?.sendTyping();
      // A longer line takes longer to write.
      await pause(0.4 + Math.min(text.length, 40) / 40);
      if (ending.signal.aborted) return;
      const answered = answers === undefined ? null : (ids[index - answers] ?? null);
      ids.push((await talker?.sendMessage(text.replace(/^@(?= )/, `@${visitor}`), answered)) ?? null);
      await pause(0.3);
    }
  }

  return {
    async startConversation(language, visitor) {
      if (busy || ending.signal.aborted) return 'busy';
      busy = true;
      const { people, messages: lines } = conversations[language];
      try {
        const talkers = await gather(people);
        talking = recite(talkers, lines, visitor)
          // The server went away in the middle: the talk is over, and nobody waits for its end.
          .catch(() => undefined)
          .then(async () => {
            await Promise.all(talkers.map((each) => each.disconnect()));
            busy = false;
          });
        return 'talking';
      } catch (error) {
        busy = false;
        throw error;
      }
    },
    async close() {
      ending.abort();
      await talking;
    },
  };
}
