import type { SeededRandom } from '@lifeboat/testkit';
import type { Database } from '../database.ts';
import { workingCopy, type SimulatedDocument, type SimulatedVersion } from '../document.ts';
import type { Place, SimulatedImage } from '../population.ts';

/**
 * What the load knows of the portal's documents. A document or image that an operation works on is taken out
 * (`take`) and put back in its new state, so that two nodes never edit one document at once: the portal's own locks
 * see to that in reality.
 */
export class Library {
  readonly places: readonly Place[];
  private readonly checkedIn: SimulatedDocument[] = [];
  private readonly checkedOut: SimulatedDocument[] = [];
  private readonly images: SimulatedImage[];

  private constructor(documents: SimulatedDocument[], images: SimulatedImage[], places: readonly Place[]) {
    this.images = images;
    this.places = places;
    for (const document of documents) this.put(document);
  }

  static async read(database: Database): Promise<Library> {
    const versions = Map.groupBy(
      await database.query(
        `select fileEntryId as entry, fileVersionId as id, version as version, storeUUID as uuid, size_ as size,
           extraSettings as origin, status as status
         from DLFileVersion where ctCollectionId = 0 order by fileVersionId`,
      ),
      (row) => String(row.entry),
    );
    const entries = await database.query(
      `select fileEntryId as entry, companyId as company, groupId as site, folderId as folder, name as name, title as title
       from DLFileEntry where ctCollectionId = 0 order by fileEntryId`,
    );
    const documents = entries.map((row): SimulatedDocument => ({
      fileEntryId: String(row.entry),
      companyId: String(row.company),
      groupId: String(row.site),
      folderId: String(row.folder),
      name: String(row.name),
      title: String(row.title),
      ctCollectionId: '0',
      versions: (versions.get(String(row.entry)) ?? []).map((version): SimulatedVersion => ({
        fileVersionId: String(version.id),
        version: String(version.version),
        storeUUID: String(version.uuid ?? ''),
        size: Number(version.size),
        origin: String(version.origin ?? ''),
        status: Number(version.status),
      })),
    }));
    const images = await database.query(
      'select imageId as id, companyId as company, type_ as type, size_ as size from Image order by imageId',
    );
    const places = new Map(
      documents.map(({ companyId, groupId, folderId }) => [
        `${groupId}/${folderId}`,
        { companyId, groupId, folderId },
      ]),
    );
    return new Library(
      documents,
      images.map((row) => ({
        imageId: String(row.id),
        companyId: String(row.company),
        type: String(row.type),
        size: Number(row.size),
      })),
      [...places.values()],
    );
  }

  /** A document without a working copy. */
  takeCheckedIn(
    random: SeededRandom,
    wanted: (document: SimulatedDocument) => boolean = () => true,
  ): SimulatedDocument | undefined {
    return takeRandom(this.checkedIn, random, wanted);
  }

  takeCheckedOut(random: SeededRandom): SimulatedDocument | undefined {
    return takeRandom(this.checkedOut, random, () => true);
  }

  takeImage(random: SeededRandom): SimulatedImage | undefined {
    return takeRandom(this.images, random, () => true);
  }

  put(document: SimulatedDocument): void {
    (workingCopy(document) === undefined ? this.checkedIn : this.checkedOut).push(document);
  }

  putImage(image: SimulatedImage): void {
    this.images.push(image);
  }
}

const TRIES = 50;

function takeRandom<T>(items: T[], random: SeededRandom, wanted: (item: T) => boolean): T | undefined {
  for (let attempt = 0; attempt < TRIES && items.length > 0; attempt++) {
    const at = random.integer(items.length);
    if (!wanted(items[at]!)) continue;
    const [item] = items.splice(at, 1, items.at(-1)!);
    items.pop();
    return item;
  }
  return undefined;
}
