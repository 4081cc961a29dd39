import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What tells this machine from every other, so that a copied state directory is noticed. */
export function machineId(): string {
  return readLine('/etc/machine-id') ?? readLine('/var/lib/dbus/machine-id') ?? os.hostname();
}

/** Changes at every boot. */
export function bootId(): string {
  return readLine('/proc/sys/kernel/random/boot_id') ?? '';
}

function readLine(file: string): string | undefined {
  try {
    const line = readFileSync(file, 'utf8').trim();
    return line === '' ? undefined : line;
  } catch {
    return undefined; // one of several places; the next one is asked
  }
}
