/** The public entry: word filter and look-alike names. */

export { buildReservedNames, DEFAULT_RESERVED_NAMES, type ReservedNames } from './reserved-names.js';
export {
  buildWordFilter,
  countPatternLetters,
  dryRun,
  type FilterWord,
  type WordFilter,
} from './word-filter.js';
