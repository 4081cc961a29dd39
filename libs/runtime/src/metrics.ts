import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds, from a fast query to a long dump. */
const DURATION_BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600];

/**
 * A registry of its own, so that two in one process do not mix. Names get the prefix `lifeboat_`; units are base
 * units (bytes, seconds) and part of the name.
 */
export class Metrics {
  readonly #registry = new Registry();

  constructor(options: { processMetrics?: boolean } = {}) {
    if (options.processMetrics === true) collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Only ever grows; the name ends in `_total`. */
  counter<Label extends string = never>(
    name: string,
    help: string,
    labels: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({ name: prefixed(name), help, labelNames: [...labels], registers: [this.#registry] });
  }

  gauge<Label extends string = never>(
    name: string,
    help: string,
    labels: readonly Label[] = [],
  ): Gauge<Label> {
    return new Gauge({ name: prefixed(name), help, labelNames: [...labels], registers: [this.#registry] });
  }

  histogram<Label extends string = never>(
    name: string,
    help: string,
    labels: readonly Label[] = [],
    buckets: readonly number[] = DURATION_BUCKETS,
  ): Histogram<Label> {
    return new Histogram({
      name: prefixed(name),
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [this.#registry],
    });
  }

  /** All of it in the Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

function prefixed(name: string): string {
  return name.startsWith('lifeboat_') ? name : `lifeboat_${name}`;
}
