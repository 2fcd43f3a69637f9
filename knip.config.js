/** @type {import('knip').KnipConfig} */
export default {
  workspaces: {
    // What package.json exports, tests and configurations is found without being listed here.
    '.': {
      entry: [
        'scripts/{bench,check,matrix,quorum-guide,size}.ts',
        'scripts/matrix/programs/*',
        'scripts/{build-when-needed,count-tests}.js',
        'examples/*/main.ts',
        'test/commands/*.ts',
        'test/browser/page.ts',
      ],
      project: ['src/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts', 'scripts/**/*.{ts,js,mjs,cjs}', '*.{ts,js}'],
    },
    bench: { entry: ['suites/*.ts'], project: ['**/*.ts'], ignoreDependencies: ['quorate'] },
  },
  ignoreExportsUsedInFile: { interface: true, type: true },
};
