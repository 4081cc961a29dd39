export interface GuardDropIn {
  readonly command: string;
  readonly state: string;
}

/** Keeps the portal down while a restore needs it down, whoever starts it, across reboots. */
export function guardDropIn({ command, state }: GuardDropIn): string {
  return `# While a restore keeps the portal down this exits 1 and the portal does not start. Remove this file together with
# Lifeboat: where the guard itself cannot run the portal does not start either.
[Unit]
# No guard is to be seen in a state directory that is not mounted yet.
RequiresMountsFor=${state}

[Service]
# + runs it as root: the agent's state is closed to the portal's account.
ExecStartPre=+${command} guard --state ${state}
`;
}
