import path from 'node:path';

export interface BaculaPlaces {
  /** State of the daemons and the catalog, a SQLite database. */
  readonly work: string;
  readonly volumes: string;
  readonly restored: string;
  readonly trees: readonly string[];
  readonly ports: { readonly director: number; readonly storage: number; readonly file: number };
}

/** Only what loopback is for can reach the daemons; their configuration is for nobody else to read. */
const PASSWORD = '"bench"';
const DIRECTOR = `Director { Name = bench-dir; Password = ${PASSWORD} }\n`;
const MESSAGES = 'Messages { Name = Standard; director = bench-dir = all, !skipped, !restored }\n';

/** The configuration files of director, storage daemon, file daemon and console, by name. */
export function baculaConfiguration(places: BaculaPlaces): Record<string, string> {
  const { work, volumes, restored, trees, ports } = places;
  const directories = `WorkingDirectory = "${work}"; PidDirectory = "${work}"`;
  const files = trees.map((tree) => `File = "${tree}"`).join('\n');
  const options = 'signature = SHA1; compression = LZO; aclsupport = yes; xattrsupport = yes; sparse = yes';
  const job = 'Client = bench-fd; FileSet = Set; Storage = Disk; Pool = Default; Messages = Standard';
  return {
    'director.conf': `
Director { Name = bench-dir; DirAddress = 127.0.0.1; DirPort = ${ports.director}; ${directories}; QueryFile = "/dev/null"; Maximum Concurrent Jobs = 2; Password = ${PASSWORD}; Messages = Standard }
Catalog { Name = Catalog; dbname = "bacula"; dbuser = ""; dbpassword = "" }
Messages { Name = Standard; append = "${path.join(work, 'messages')}" = all }
Storage { Name = Disk; Address = 127.0.0.1; SDPort = ${ports.storage}; Password = ${PASSWORD}; Device = Disk; Media Type = File }
Pool { Name = Default; Pool Type = Backup; Recycle = no; Label Format = "volume-" }
Client { Name = bench-fd; Address = 127.0.0.1; FDPort = ${ports.file}; Catalog = Catalog; Password = ${PASSWORD} }
FileSet { Name = Set; Include { Options { ${options} }
${files}
} }
Job { Name = Backup; Type = Backup; Level = Full; Accurate = yes; ${job} }
Job { Name = Restore; Type = Restore; Where = "${restored}"; ${job} }
`,
    'storage.conf': `${DIRECTOR}${MESSAGES}
Storage { Name = bench-sd; SDAddress = 127.0.0.1; SDPort = ${ports.storage}; ${directories} }
Device { Name = Disk; Media Type = File; Archive Device = "${volumes}"; LabelMedia = yes; Random Access = yes; AutomaticMount = yes; RemovableMedia = no; AlwaysOpen = no }
`,
    'file.conf': `${DIRECTOR}${MESSAGES}
FileDaemon { Name = bench-fd; FDAddress = 127.0.0.1; FDPort = ${ports.file}; ${directories} }
`,
    'console.conf': `
Director { Name = bench-dir; Address = 127.0.0.1; DirPort = ${ports.director}; Password = ${PASSWORD} }
`,
  };
}
