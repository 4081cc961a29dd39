import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessView } from '@lifeboat/dxp';

/** Processes of this machine that may be a portal: those with LIFERAY_* variables, or a Java with liferay.home. */
export function portalProcesses(): ProcessView[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => viewOf(pid) ?? []);
}

function viewOf(pid: string): ProcessView | undefined {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean).slice(1);
    const env = parseEnvironment(readFileSync(`/proc/${pid}/environ`, 'utf8'));
    const isPortal =
      Object.keys(env).some((name) => name.startsWith('LIFERAY_')) || args.some(isPortalArgument);
    return isPortal ? { args, env } : undefined;
  } catch {
    return undefined; // gone meanwhile, or another account's: not visible to us
  }
}

function isPortalArgument(argument: string): boolean {
  return argument.startsWith('-Dliferay.home=') || argument.startsWith('-Dcatalina.base=');
}

function parseEnvironment(text: string): Record<string, string> {
  const pairs = text.split('\0').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
