import { fitsQrCode, qrText } from './qr-text.ts';

export interface RecoveryFacts {
  /** The lines that count (FORMAT.md §11): four for each key epoch, and the fingerprint. */
  readonly lines: readonly string[];
  /** Null when the vault was not at hand. */
  readonly vault: string | null;
  readonly date: Date;
}

/** The printable recovery kit. Whoever types in its numbered lines and the fingerprint, or scans the code, has the key again. */
export function recoveryPage({ lines, vault, date }: RecoveryFacts): string {
  return `LIFEBOAT RECOVERY KIT

Made:  ${date.toISOString().slice(0, 10)}
Vault: ${vault ?? '________________________________________'}
Keys:  of epochs up to ${(lines.length - 1) / 4}; after each "lifeboat vault rotate-keys" a new page is needed

Whoever holds this page and a copy of the vault can read every backup of every cluster in it, and without
this page or the key file nobody can. Keep it on paper, away from the server and from the vault.

${lines.map((line) => `    ${line}`).join('\n')}

The last group of each line is its check. Capitals do not matter, nor do spaces.

To read the vault with nothing else left, type the ${lines.length} lines above into a file kit.txt (or scan the code
below into it), then:

    chmod 600 kit.txt
    lifeboat vault list --vault DIR --from-kit kit.txt
    lifeboat vault restore --vault DIR --from-kit kit.txt --to EMPTY-DIRECTORY

docs/runbooks/without-a-server.md says more. Should Lifeboat itself be gone: libs/vault-format/FORMAT.md
describes every byte, and tools/second-reader reads a vault with Python alone.

${fitsQrCode(lines.join('\n')) ? qrText(lines.join('\n')) : 'Of so many lines there is no code: they have to be typed.'}`;
}
