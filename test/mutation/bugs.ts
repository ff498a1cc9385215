/** All planted bugs: each must be detected, or the fault tests have stopped working. */

import { type PlantedBug, quadraticTrailingSpacesBug } from './bug.js';
import { clientBugs } from './client-bugs.js';
import { roomBugs } from './room-bugs.js';
import { storeBugs } from './store-bugs.js';

export const plantedBugs: readonly PlantedBug[] = [
  ...storeBugs,
  ...roomBugs,
  ...clientBugs,
  quadraticTrailingSpacesBug,
];
