import { PROGRAMS, type App } from './programs.ts';

/** A file to be written, whole. */
export interface PlannedFile {
  /** Absolute, on the machine that is installed; a staged installation puts its own root in front. */
  readonly path: string;
  readonly mode: number;
  readonly contents: string;
}

/**
 * Everything that an installation does, made without looking at the machine: files first, then commands in order.
 * Doing it twice changes nothing the second time. Files belong to the installation and are overwritten by the next;
 * what an operator changes lies in /etc and is never touched.
 */
export interface InstallPlan {
  readonly files: readonly PlannedFile[];
  /** Argument vectors; no shell. */
  readonly commands: readonly (readonly string[])[];
}

/** Where a Lifeboat checkout and the Node that runs it lie. */
export interface Programs {
  /** Absolute path of the Node executable. */
  readonly node: string;
  /** Absolute path of the checkout. */
  readonly lifeboat: string;
}

/** The program's file: runs what `npm run build` made, or the sources where nothing was built. */
export function programOf(lifeboat: string, app: App): string {
  return `${lifeboat}/apps/${app}/bin/${PROGRAMS[app].name}.js`;
}

/** As systemd and a shell take it: the validated paths need no quotes. */
export function commandOf({ node, lifeboat }: Programs, app: App): string {
  return [node, ...PROGRAMS[app].nodeFlags, programOf(lifeboat, app)].join(' ');
}
