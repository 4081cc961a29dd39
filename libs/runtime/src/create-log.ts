import type { Log } from '@lifeboat/kernel';
import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { prettyStream } from './pretty-stream.ts';
import { redactFields, redactText } from './redact.ts';

export interface LogOptions {
  /** Who speaks: `lifeboat-server`, `lifeboat-agent`… */
  readonly name: string;
  /** debug, info (the default), warn, error or silent. */
  readonly level?: string;
  /** A file to append to, instead of stderr. */
  readonly destination?: string;
  /** Lines for people instead of JSON; on stderr only. */
  readonly pretty?: boolean;
}

/**
 * JSON lines on stderr (stdout belongs to answers). Fields whose names end in password, token, secret, key or
 * authorization and passwords in URLs are hidden, at any depth; messages are constants and carry no values.
 */
export function createLog(options: LogOptions): Log {
  const logger = pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => redactFields(fields) },
      // Errors are told by redactFields already.
      serializers: { err: (told: unknown) => told },
      hooks: {
        logMethod(args, method) {
          method.apply(
            this,
            args.map((arg) => (typeof arg === 'string' ? redactText(arg) : arg)) as Parameters<typeof method>,
          );
        },
      },
    },
    streamOf(options),
  );
  return guarded(logger);
}

/** pino does not pass the fields of children through its formatters. */
function guarded(logger: Logger): Log {
  return {
    debug: logger.debug.bind(logger),
    info: logger.info.bind(logger),
    warn: logger.warn.bind(logger),
    error: logger.error.bind(logger),
    child: (fields) => guarded(logger.child(redactFields(fields))),
  };
}

/** Synchronous, so that the last line before an exit is not lost. */
function streamOf(options: LogOptions): DestinationStream {
  if (options.destination !== undefined)
    return destination({ dest: options.destination, mkdir: true, sync: true });
  return options.pretty === true ? prettyStream : destination({ fd: 2, sync: true });
}
