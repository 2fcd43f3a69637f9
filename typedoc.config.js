import { entries } from './scripts/entries.js';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'quorate',
  tsconfig: 'tsconfig.build.json',
  entryPoints: entries.map(({ source }) => source),
  projectDocuments: ['docs/guide/*.md'],
  out: 'docs/api',
  readme: 'none',
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  highlightLanguages: ['typescript', 'javascript', 'bash', 'json', 'console', 'text'],
  validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: true },
  requiredToBeDocumented: [
    'Enum',
    'EnumMember',
    'Variable',
    'Function',
    'Class',
    'Interface',
    'TypeAlias',
    'Method',
    'Accessor',
  ],
  treatWarningsAsErrors: true,
};
