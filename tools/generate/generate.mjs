/** `npm run generate`: writes every checked-in generated file from its source. */
import { execFileSync } from 'node:child_process';

execFileSync('node_modules/.bin/buf', ['generate'], { stdio: 'inherit' });
