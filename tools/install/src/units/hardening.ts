/**
 * What neither program ever needs. Left out on purpose: MemoryDenyWriteExecute (V8 compiles at run time).
 */
export const HARDENING = `NoNewPrivileges=yes
# Everything is read-only but ReadWritePaths; strict spares /home, so that is said besides.
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
# Netlink is how name resolution learns which addresses this host has.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
# V8 protects its code with memory protection keys where the processor has them.
SystemCallFilter=@system-service @pkey
SystemCallErrorNumber=EPERM`;
