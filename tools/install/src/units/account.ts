export interface Account {
  readonly user: string;
  readonly home: string;
  readonly title: string;
}

/** For systemd-sysusers, which leaves an account of that name as it is. */
export function account({ user, home, title }: Account): string {
  return `u ${user} - "${title}" ${home}\n`;
}

export interface StateFolder {
  readonly user: string;
  readonly folder: string;
  readonly config: {
    readonly file: string;
    readonly template: string;
    readonly mode: string;
    readonly owner: string;
  };
}

/** For systemd-tmpfiles. `C` copies only where nothing stands: a configuration is the operator's from then on. */
export function stateFolder({ user, folder, config }: StateFolder): string {
  return [
    `d ${folder} 0700 ${user} ${user} -`,
    `C ${config.file} ${config.mode} ${config.owner} ${user} - ${config.template}`,
    '',
  ].join('\n');
}

/** A command for people; units call Node themselves. */
export function launcher(command: string): string {
  return `#!/bin/sh\nexec ${command} "$@"\n`;
}
