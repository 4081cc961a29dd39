/** Files up to this size are read whole, several in a batch; larger ones in windows. */
export const BATCH_BYTES = 4 * 1024 * 1024;
export const BATCH_FILES = 256;
/**
 * How much of a big file or a stream is looked at in one go, and the size of every buffer that a worker reads into
 * (one size, so that any can be used again): a batch with room for files that have grown, or a chunk of any length
 * and some of the next. The tail that no cut has reached, half a chunk on average, is read twice.
 */
export const WINDOW_BYTES = 4.5 * 1024 * 1024;
/** Of one capture: read and not sealed, or sealed and not written. One for each worker, and one that is ready for it. */
export const IN_FLIGHT_BYTES = 3 * WINDOW_BYTES;
/** Entries to be read that wait behind a batch that is not durable yet. */
export const WAITING_SLOTS = 1280;
/** Entries without unread content that do, at 100 to 200 bytes each. */
export const WAITING_ENCODED = 32_768;
/** Chunk ids in one Offer (the protocol's bound). */
export const OFFER_IDS = 4096;
/** Frame bytes put together in one Frames message (a single frame may be longer; the protocol allows 8 MiB). */
export const FRAMES_MESSAGE_BYTES = 1024 * 1024;
/** Paths listed per kind in a result; how many more there are is said in one last item. */
export const LISTED_PATHS = 1000;
