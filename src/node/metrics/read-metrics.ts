import { Counter, Gauge, type Registry } from 'prom-client';

/** Registers metrics whose values are read when somebody asks. */
export interface ReadMetrics {
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  counter(name: string, help: string, read: () => number): void;
  /** One series a value of the label. */
  gauges(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void;
  counters(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void;
}

export function readMetrics(registry: Registry): ReadMetrics {
  const registers = [registry];
  return {
    gauge(name, help, read) {
      const collect = async (): Promise<void> => gauge.set(await read());
      const gauge = new Gauge({ name, help, registers, collect });
    },
    counter(name, help, read) {
      const collect = (): void => {
        counter.reset();
        counter.inc(read());
      };
      const counter = new Counter({ name, help, registers, collect });
    },
    gauges(name, help, label, read) {
      const collect = (): void => {
        for (const [value, number] of Object.entries(read())) gauge.set({ [label]: value }, number);
      };
      const gauge = new Gauge({ name, help, labelNames: [label], registers, collect });
    },
    counters(name, help, label, read) {
      const collect = (): void => {
        counter.reset();
        for (const [value, number] of Object.entries(read())) counter.inc({ [label]: value }, number);
      };
      const counter = new Counter({ name, help, labelNames: [label], registers, collect });
    },
  };
}
