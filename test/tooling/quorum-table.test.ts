import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withTable } from '../../scripts/quorum-table.js';

it('the table of quorum systems in their guide is what the analysis computes; npm run docs:quorum writes it', async () => {
  const guide = readFileSync('docs/guide/quorum.md', 'utf8');
  expect(await withTable(guide)).toBe(guide);
});
