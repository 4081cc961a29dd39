/**
 * The architecture, remembered by the linter: kernel ← model ← pure ← outside ← vault ← engines ← apps.
 * tools/check/boundaries.spec.ts shows that a wrong import really fails.
 */
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const layer = (name, ...allowed) => ({
  sourceTag: `layer:${name}`,
  onlyDependOnLibsWithTags: allowed.map((other) => `layer:${other}`),
});

const LAYER_LAW = [
  layer('kernel'),
  layer('model', 'kernel'),
  layer('pure', 'kernel', 'model', 'pure'),
  layer('outside', 'kernel', 'model', 'pure', 'outside'),
  layer('vault', 'kernel', 'model', 'pure', 'outside'),
  // Nothing sideways: coordination owns an Effects port, the server wires capture and restore into it.
  layer('engine', 'kernel', 'model', 'pure', 'outside', 'vault'),
  layer('app', 'kernel', 'model', 'pure', 'outside', 'vault', 'engine'),
  layer('testkit', 'kernel', 'model', 'pure', 'outside'),
  layer('tool', 'kernel', 'model', 'pure', 'outside', 'vault', 'engine', 'testkit', 'tool'),
];

const PURE = ['kernel', 'model', 'chunking', 'vault-format', 'wire', 'dxp', 'console-api'];
const IMPURE_MODULES = [
  'fs',
  'fs/promises',
  'net',
  'child_process',
  'node:http2',
  'node:worker_threads',
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:tls',
  'node:http',
  'node:https',
  'node:child_process',
];

export default tseslint.config(
  { ignores: ['**/node_modules', 'dist', '.nx', 'coverage', 'libs/wire/src/generated'] },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@nx': nx, '@typescript-eslint': tseslint.plugin },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          depConstraints: LAYER_LAW,
          enforceBuildableLibDependency: false,
          // Its entrance /s3 is loaded when it is needed (0.6 s, 73 MB); the rule does not tell entrances apart.
          checkDynamicDependenciesExceptions: ['@lifeboat/blob-store'],
        },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: PURE.map((lib) => `libs/${lib}/src/**/*.ts`),
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: IMPURE_MODULES.map((name) => ({ name, message: 'pure libs do not touch the world' })) },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'time comes in through kernel Clock' },
        { object: 'Math', property: 'random', message: 'randomness comes in as a parameter' },
      ],
    },
  },
  {
    files: ['apps/agent/src/**/*.ts', 'libs/*/src/agent/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@lifeboat/*/server', '**/server/**', '@lifeboat/vault', '@lifeboat/catalog'],
              message: 'an agent half never reaches the server',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['apps/server/src/**/*.ts', 'libs/*/src/server/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@lifeboat/restore/agent', '**/agent/index.ts'],
              message: 'the server never reaches an agent half',
            },
          ],
        },
      ],
    },
  },
  {
    // Tests may use anything to prove a promise; tools and the command line talk to people.
    files: ['**/*.spec.ts', 'tools/**/*.ts', 'libs/testkit/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': 'off', 'no-console': 'off' },
  },
);
