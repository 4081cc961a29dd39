import { HARDENING } from './hardening.ts';

export interface ServerUnit {
  readonly command: string;
  readonly config: string;
  readonly data: string;
  readonly user: string;
  /** `data` among them. */
  readonly writable: readonly string[];
}

export function serverUnit({ command, config, data, user, writable }: ServerUnit): string {
  return `[Unit]
Description=Lifeboat server: catalog, vault, coordination of backup sets and restores
After=network-online.target remote-fs.target
Wants=network-online.target
# It must not begin an empty vault in a folder whose disk is missing.
RequiresMountsFor=${writable.join(' ')}

[Service]
Type=exec
User=${user}
ExecStart=${command} --config ${config} --data ${data}
# Answers are for people: the first start shows the administrator's token, which has no place in the journal.
# The log comes on standard error.
StandardOutput=null
Restart=always
RestartSec=5
# 2: the configuration is wrong.
RestartPreventExitStatus=2
# Only the server is asked to stop, and then stops its embedded PostgreSQL; it gives itself 30 seconds.
KillMode=mixed
TimeoutStopSec=45
UMask=0077

CapabilityBoundingSet=
ReadWritePaths=${writable.join(' ')}
ProtectProc=invisible
RestrictSUIDSGID=yes
${HARDENING}

[Install]
WantedBy=multi-user.target
`;
}
