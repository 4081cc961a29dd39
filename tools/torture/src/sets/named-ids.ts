import { sendTree, type TestSender } from '@lifeboat/vault/testing';

/** Hex ids of all that the set of these files names: contents, segments and root. Nothing is sent. */
export async function namedIds(
  files: Readonly<Record<string, Buffer>>,
  sender: TestSender,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  const note = async (raw: Buffer, type: 'data' | 'segment' | 'root'): Promise<Buffer> => {
    const id = sender.idOf(raw, type);
    ids.add(id.toString('hex'));
    return id;
  };
  await sendTree(files, note, (_, bytes) => note(bytes, 'data'));
  return ids;
}
