import { readdirSync, readFileSync } from 'node:fs';
import { serverOfProcess, type ProcessView } from '@lifeboat/dxp';

/** Processes of this machine that may be a portal: those with LIFERAY_* variables, an application server, or liferay.home. */
export function portalProcesses(): ProcessView[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => viewOf(pid) ?? []);
}

function viewOf(pid: string): ProcessView | undefined {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean).slice(1);
    const env = parseEnvironment(readFileSync(`/proc/${pid}/environ`, 'utf8'));
    const view = { args, env };
    const isPortal =
      Object.keys(env).some((name) => name.startsWith('LIFERAY_')) ||
      args.some((argument) => argument.startsWith('-Dliferay.home=')) ||
      serverOfProcess(view) !== undefined;
    return isPortal ? view : undefined;
  } catch {
    return undefined; // gone meanwhile, or another account's: not visible to us
  }
}

function parseEnvironment(text: string): Record<string, string> {
  const pairs = text.split('\0').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
