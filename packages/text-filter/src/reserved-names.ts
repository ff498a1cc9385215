/** Decides whether a member's name would be taken for a reserved name or for somebody of the staff. */

import { skeletonOf } from './confusables.js';
import type { Work } from './sliced-task.js';

/** What a name is taken for. `near` differs by a stroke and is better marked than refused. */
export type NameMatch = { name: string; list: 'reserved' | 'staff'; degree: 'same' | 'near' };

export type ReservedNames = {
  /** Null: it is taken for nobody. Whether the bearer may be called so, by role say, is for the caller to know. */
  find(name: string): NameMatch | null;
};

/** Names that speak for the house on any site. Words of everyday talk (support, system, manager) are not among them. */
export const DEFAULT_RESERVED_NAMES: readonly string[] = [
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
const MIN_NEAR_MATCH_SYLLABLES = 3;
const MATCH_MODES = [
  { signs: false, near: false },
  { signs: true, near: false },
  { signs: false, near: true },
  { signs: true, near: true },
];

/** A word to look for; an affix has no name. */
type IndexedWord = { skeleton: string; name: string | null };
/** Words by the first letter of their skeletons, and the staff by their whole skeletons. */
type NameIndex = { words: Map<string, IndexedWord[]>; staff: Map<string, string> };
/** A name's skeleton and where in it a word may begin or end. */
type SkeletonizedName = { skeleton: string; wordBoundaries: Set<number> };

/**
 * A reserved name is found where it is a word of its own: the whole name, beside other words (`관리자 민수`, `Admin_Kim`),
 * beside another script or a number, or with affixes. Within a word it is not: badminton holds no admin. A name of the
 * staff is found as the whole name only; it may be as common as 민수.
 */
export function* buildReservedNames(lists: {
  reserved: readonly string[];
  staff?: readonly string[];
}): Work<ReservedNames> {
  const exactIndex = yield* buildNameIndex(lists.reserved, lists.staff ?? [], false);
  const nearIndex = yield* buildNameIndex(
    lists.reserved.filter(allowsNearMatch),
    (lists.staff ?? []).filter(allowsNearMatch),
    true,
  );
  return {
    find(name) {
      for (const mode of MATCH_MODES) {
        const skeletonized = skeletonize(name, mode);
        const table = mode.near ? nearIndex : exactIndex;
        const degree = mode.near ? 'near' : 'same';
        const staff = table.staff.get(skeletonized.skeleton);
        if (staff !== undefined) return { name: staff, list: 'staff', degree };
        const reserved = findReservedName(skeletonized, table.words);
        if (reserved !== null) return { name: reserved, list: 'reserved', degree };
      }
      return null;
    },
  };
}

function allowsNearMatch(name: string): boolean {
  return (name.normalize('NFKC').match(/[가-힣]/g) ?? []).length >= MIN_NEAR_MATCH_SYLLABLES;
}

function* buildNameIndex(
  reserved: readonly string[],
  staff: readonly string[],
  near: boolean,
): Work<NameIndex> {
  const skeleton = (name: string) => skeletonize(name, { signs: false, near }).skeleton;
  const table: NameIndex = { words: new Map(), staff: new Map() };
  const reservedEntries = reserved.map((name) => ({ text: name, name }));
  for (const { text, name } of [
    ...reservedEntries,
    ...AFFIXES.map((affix) => ({ text: affix, name: null })),
  ]) {
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

function skeletonize(name: string, mode: { signs: boolean; near: boolean }): SkeletonizedName {
  const visible = name.replace(/\p{Default_Ignorable_Code_Point}/gu, '').normalize('NFKC');
  const wordBoundaries = new Set([0]);
  let skeleton = '';
  let last = '';
  for (const character of visible) {
    const part = skeletonOf(character, mode);
    if (part === '') {
      if (!/\p{M}/u.test(character)) wordBoundaries.add(skeleton.length);
      continue;
    }
    if (last !== '' && isWordBoundary(last, character)) wordBoundaries.add(skeleton.length);
    skeleton += part;
    last = character;
  }
  return { skeleton, wordBoundaries: wordBoundaries.add(skeleton.length) };
}

/** Whether one word ends and another begins between two characters that stand side by side. */
function isWordBoundary(before: string, after: string): boolean {
  const isOnlyOne = (kind: RegExp) => kind.test(before) !== kind.test(after);
  return (
    isOnlyOne(/\p{Script=Hangul}/u) ||
    isOnlyOne(/\p{N}/u) ||
    (/\p{Ll}/u.test(before) && /\p{Lu}/u.test(after)) ||
    // Written without spaces.
    (/\p{Script=Han}/u.test(before) && /\p{Script=Han}/u.test(after)) ||
    isOnlyOne(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u)
  );
}

/** The first reserved name that fills the room between two edges, alone or with affixes and other reserved names. */
function findReservedName(
  { skeleton, wordBoundaries }: SkeletonizedName,
  words: NameIndex['words'],
): string | null {
  /** Places that only affixes lead to from an edge, and places that a reserved name led to. */
  const affixesReaching = new Set<number>();
  const namesReaching = new Map<number, string>();
  for (let at = 0; at <= skeleton.length; at += 1) {
    const name = namesReaching.get(at) ?? null;
    if (wordBoundaries.has(at) && name !== null) return name;
    if (wordBoundaries.has(at)) affixesReaching.add(at);
    if (name === null && !affixesReaching.has(at)) continue;
    for (const word of words.get(skeleton.charAt(at)) ?? []) {
      if (!skeleton.startsWith(word.skeleton, at)) continue;
      const end = at + word.skeleton.length;
      const reachedName = name ?? word.name;
      if (reachedName === null) affixesReaching.add(end);
      else if (!namesReaching.has(end)) namesReaching.set(end, reachedName);
    }
  }
  return null;
}
