import { setTimeout as pause } from 'node:timers/promises';
import { type Drained, drain } from './checker.js';
import type { Fault, Play } from './fault.js';
import { Scene, type Violation } from './scene.js';

/** Milliseconds that a request may take (I3), and until updates are answered 200 again (I4). */
const LONGEST_REQUEST = 3500;
const LONGEST_RECOVERY = 3000;

/** What one process of tgook may have at most (I5): megabytes, and descriptors under 120 connections. */
const MOST_MEMORY = 256;
const MOST_DESCRIPTORS = 400;

/** Updates that are acknowledged before the fault strikes. */
const WARM_UP = 100;

/** Milliseconds that Telegram is given at the end to get rid of everything. */
const FINISH = 12_000;

/** What was measured. */
export interface Figures {
  /** Updates, and how many of them Telegram has got rid of. */
  readonly sent: number;
  readonly acknowledged: number;
  readonly requests: number;
  /** Requests that were not answered 200, by what they ended with. */
  readonly failures: Readonly<Record<string, number>>;
  /** Jobs taken from the queue, and updates in quarantine. */
  readonly jobs: number;
  readonly quarantined: number;
  /** 200s beyond the first for an update. */
  readonly repeated: number;
  /** Answered 200, whether Telegram got the answer or not, and neither a job nor in quarantine. */
  readonly lost: number;
  /** Jobs beyond the first for an update. */
  readonly doubled: number;
  /** Milliseconds. */
  readonly longest: number;
  readonly p99: number;
  /** Milliseconds from healing until the probe from which on all are answered 200. */
  readonly recovery: number;
  /** Megabytes of the largest process. */
  readonly memory: number;
  /** Of one process at most; of all together at rest before and after. */
  readonly descriptors: number;
  readonly descriptorsBefore: number;
  readonly descriptorsAfter: number;
}

/** How a fault went. */
export interface Outcome {
  readonly fault: Fault;
  readonly seed: number;
  readonly seconds: number;
  readonly figures: Figures;
  readonly violations: readonly Violation[];
}

/** Plays one fault on fresh processes, from a load that runs well to a load that runs well again. */
export async function playFault(fault: Fault, play: Play): Promise<Outcome> {
  const begin = performance.now();
  const scene = await Scene.open(fault, play);
  try {
    await fault.prepare?.(scene);
    const descriptorsBefore = scene.processes.descriptorsNow();
    const { workers } = scene;
    scene.start(fault.twice);
    await scene.until(() => scene.requests.ok >= WARM_UP, 5000, `${WARM_UP} updates are acknowledged`);
    await fault.strike(scene);
    const recovery = await scene.prober.untilWell(() => scene.tgook.url);
    await finishLoad(scene);
    await scene.until(() => scene.workers === workers, 3000, 'all workers are there again');
    const descriptorsAfter = await settle(scene, descriptorsBefore);
    await scene.settled();
    await stopHosts(scene);
    const drained = await drain(scene.stores);
    const figures = { ...measure(scene, drained), recovery, descriptorsBefore, descriptorsAfter };
    judge(scene, fault, figures, drained);
    const seconds = (performance.now() - begin) / 1000;
    const violations = scene.violations.filter(
      ({ invariant }) => invariant === undefined || !fault.except?.includes(invariant),
    );
    return { fault, seed: play.seed, seconds, figures, violations };
  } finally {
    await scene.close();
  }
}

/** No update is new any more: everything that is not acknowledged yet is delivered. */
export async function finishLoad(scene: Scene): Promise<void> {
  scene.updates.stop();
  await Promise.all(scene.loads.map(load => load.finish(FINISH)));
}

/** Waits until tgook has as few descriptors as at the beginning, for some time. */
async function settle(scene: Scene, before: number): Promise<number> {
  const end = performance.now() + 3000;
  while (scene.processes.descriptorsNow() > before && performance.now() < end) await pause(50);
  return scene.processes.descriptorsNow();
}

/** What was given up by tgook may still run in Redis: only behind its end is it known what became a job. */
async function stopHosts(scene: Scene): Promise<void> {
  scene.processes.look();
  const ends = await Promise.all([...scene.hosts].map(host => host.stop()));
  for (const { code, signal } of ends) {
    scene.check(code === 0, `tgook was told to stop, and ended with ${signal ?? code}`);
  }
}

type Measured = Omit<Figures, 'recovery' | 'descriptorsBefore' | 'descriptorsAfter'>;

function measure(scene: Scene, { jobs, quarantined }: Drained): Measured {
  const { loads, prober, requests, processes } = scene;
  const acknowledged = new Set(prober.acknowledged);
  const answered = new Set(prober.acknowledged);
  const sent = new Set(prober.sent);
  let answers = prober.acknowledged.size;
  for (const { record } of loads) {
    for (const [id, update] of record) {
      sent.add(id);
      answers += update.accepted;
      if (update.accepted > 0) answered.add(id);
      if (update.acknowledged) acknowledged.add(id);
    }
  }
  const kept = new Set([...jobs.keys(), ...quarantined.keys()]);
  const count = (all: Iterable<number>) => [...all].reduce((sum, each) => sum + each, 0);
  const jobCount = count([...jobs.values()].map(({ size }) => size));
  const quarantineCount = count(quarantined.values());
  const doubled = jobCount + quarantineCount - kept.size;
  return {
    sent: sent.size,
    acknowledged: acknowledged.size,
    requests: requests.times.count,
    failures: Object.fromEntries([...requests.failures].sort()),
    jobs: jobCount,
    quarantined: quarantineCount,
    repeated: answers - answered.size,
    lost: [...answered].filter(id => !kept.has(id)).length,
    doubled,
    longest: requests.times.max,
    p99: requests.times.percentile(99),
    memory: processes.peak,
    descriptors: processes.descriptors,
  };
}

function judge(scene: Scene, fault: Fault, figures: Figures, { disagreements }: Drained): void {
  const { sent, acknowledged, failures, lost, doubled, longest, recovery } = figures;
  const { memory, descriptors, descriptorsBefore: before, descriptorsAfter: after } = figures;
  const milliseconds = (time: number) => `${Math.round(time)} ms`;
  if (lost > 0) scene.violate('I1', `${lost} updates were answered 200 and are gone`);
  if (doubled > 0) scene.violate('I2', `${doubled} updates became a job twice`);
  if (longest > LONGEST_REQUEST) scene.violate('I3', `a request took ${milliseconds(longest)}`);
  if (recovery > LONGEST_RECOVERY) scene.violate('I4', `200 again after ${milliseconds(recovery)}`);
  if (memory > MOST_MEMORY) scene.violate('I5', `a process took ${Math.round(memory)} MB`);
  if (descriptors > MOST_DESCRIPTORS) scene.violate('I5', `a process had ${descriptors} descriptors`);
  if (after > before) scene.violate('I5', `${before} descriptors have become ${after}`);
  for (const problem of disagreements) scene.violate('I6', problem);
  if (fault.unnoticed && Object.keys(failures).length > 0) {
    scene.violate(undefined, `not everything was answered 200: ${describeFailures(failures)}`);
  }
  const left =
    sent - acknowledged - scene.expired - (scene.prober.sent.size - scene.prober.acknowledged.size);
  if (left > 0) scene.violate(undefined, `${left} updates were never acknowledged`);
}

export function describeFailures(failures: Figures['failures']): string {
  const parts = Object.entries(failures).map(([outcome, count]) => `${outcome} × ${count}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}
