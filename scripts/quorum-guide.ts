/** Writes the table of quorum systems into their guide. `npm run docs:quorum` also draws the pictures. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withTable } from './quorum-table.js';

const guide = new URL('../docs/guide/quorum.md', import.meta.url);
writeFileSync(guide, await withTable(readFileSync(guide, 'utf8')));
