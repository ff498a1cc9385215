/** Decides whether a member's name would be taken for a reserved name or for somebody of the staff. */

import { skeletonOf } from './confusables.js';
import type { Work } from './sliced-task.js';

/** What a name is taken for. `near` differs by a stroke and is better marked than refused. */
export type Likeness = { name: string; list: 'reserved' | 'staff'; degree: 'same' | 'near' };

export type Names = {
  /** Null: it is taken for nobody. Whether the bearer may be called so, by role say, is for the caller to know. */
  find(name: string): Likeness | null;
};

/** Names that speak for the house on any site. Words of everyday talk (support, system, manager) are not among them. */
export const HOUSE_NAMES: readonly string[] = [
  ...['관리자', '운영자', '운영진', '운영팀', '고객센터', '고객지원', '상담원', '어드민', '모더레이터'],
  ...['admin', 'administrator', 'moderator', 'webmaster', 'helpdesk', 'customer service', 'customer support'],
  ...['管理员', '管理員', '客服', '管理者', '運営', 'サポート', 'モデレーター'],
];

/** What may stand before or behind a reserved name without making it another: 공식관리자, 운영자님, superadmin, adminteam. */
const AFFIXES = [
  ...['공식', '총', '부', '최고', '메인', '서브', '대표', '수석', '진짜', '전체', '통합', '슈퍼', '채팅'],
  ...['님', '팀', '봇', '계정', '임', '이다', '입니다'],
  ...['official', 'real', 'the', 'super', 'main', 'head', 'chat', 'team', 'bot', 'account'],
];
/** With fewer syllables a stroke makes too many other words. */
const NEAR_SYLLABLES = 3;
const READINGS = [
  { signs: false, near: false },
  { signs: true, near: false },
  { signs: false, near: true },
  { signs: true, near: true },
];

/** A word to look for; an affix has no name. */
type Word = { skeleton: string; name: string | null };
/** Words by the first letter of their skeletons, and the staff by their whole skeletons. */
type Table = { words: Map<string, Word[]>; staff: Map<string, string> };
/** A name's skeleton and where in it a word may begin or end. */
type Folded = { skeleton: string; edges: Set<number> };

/**
 * A reserved name is found where it is a word of its own: the whole name, beside other words (`관리자 민수`, `Admin_Kim`),
 * beside another script or a number, or with affixes. Within a word it is not: badminton holds no admin. A name of the
 * staff is found as the whole name only; it may be as common as 민수.
 */
export function* buildNames(lists: { reserved: readonly string[]; staff?: readonly string[] }): Work<Names> {
  const same = yield* buildTable(lists.reserved, lists.staff ?? [], false);
  const near = yield* buildTable(
    lists.reserved.filter(bearsNearness),
    (lists.staff ?? []).filter(bearsNearness),
    true,
  );
  return {
    find(name) {
      for (const reading of READINGS) {
        const folded = fold(name, reading);
        const table = reading.near ? near : same;
        const degree = reading.near ? 'near' : 'same';
        const staff = table.staff.get(folded.skeleton);
        if (staff !== undefined) return { name: staff, list: 'staff', degree };
        const reserved = findWord(folded, table.words);
        if (reserved !== null) return { name: reserved, list: 'reserved', degree };
      }
      return null;
    },
  };
}

function bearsNearness(name: string): boolean {
  return (name.normalize('NFKC').match(/[가-힣]/g) ?? []).length >= NEAR_SYLLABLES;
}

function* buildTable(reserved: readonly string[], staff: readonly string[], near: boolean): Work<Table> {
  const skeleton = (name: string) => fold(name, { signs: false, near }).skeleton;
  const table: Table = { words: new Map(), staff: new Map() };
  const named = reserved.map((name) => ({ text: name, name }));
  for (const { text, name } of [...named, ...AFFIXES.map((affix) => ({ text: affix, name: null }))]) {
    const word = { skeleton: skeleton(text), name };
    const first = word.skeleton.charAt(0);
    if (first !== '') table.words.set(first, [...(table.words.get(first) ?? []), word]);
    yield;
  }
  for (const name of staff) {
    const whole = skeleton(name);
    if (whole !== '') table.staff.set(whole, name);
    yield;
  }
  return table;
}

function fold(name: string, reading: { signs: boolean; near: boolean }): Folded {
  const shown = name.replace(/\p{Default_Ignorable_Code_Point}/gu, '').normalize('NFKC');
  const edges = new Set([0]);
  let skeleton = '';
  let last = '';
  for (const character of shown) {
    const part = skeletonOf(character, reading);
    if (part === '') {
      if (!/\p{M}/u.test(character)) edges.add(skeleton.length);
      continue;
    }
    if (last !== '' && isEdge(last, character)) edges.add(skeleton.length);
    skeleton += part;
    last = character;
  }
  return { skeleton, edges: edges.add(skeleton.length) };
}

/** Whether one word ends and another begins between two characters that stand side by side. */
function isEdge(before: string, after: string): boolean {
  const differ = (kind: RegExp) => kind.test(before) !== kind.test(after);
  return (
    differ(/\p{Script=Hangul}/u) ||
    differ(/\p{N}/u) ||
    (/\p{Ll}/u.test(before) && /\p{Lu}/u.test(after)) ||
    // Written without spaces.
    (/\p{Script=Han}/u.test(before) && /\p{Script=Han}/u.test(after)) ||
    differ(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u)
  );
}

/** The first reserved name that fills the room between two edges, alone or with affixes and other reserved names. */
function findWord({ skeleton, edges }: Folded, words: Table['words']): string | null {
  /** Places that only affixes lead to from an edge, and places that a reserved name led to. */
  const open = new Set<number>();
  const named = new Map<number, string>();
  for (let at = 0; at <= skeleton.length; at += 1) {
    const name = named.get(at) ?? null;
    if (edges.has(at) && name !== null) return name;
    if (edges.has(at)) open.add(at);
    if (name === null && !open.has(at)) continue;
    for (const word of words.get(skeleton.charAt(at)) ?? []) {
      if (!skeleton.startsWith(word.skeleton, at)) continue;
      const end = at + word.skeleton.length;
      const led = name ?? word.name;
      if (led === null) open.add(end);
      else if (!named.has(end)) named.set(end, led);
    }
  }
  return null;
}
