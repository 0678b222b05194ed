/**
 * The nodes and what runs on them, held as columns of numbers: a row costs about 100 bytes and its labels, whatever
 * runs on it.
 */
import type { Taint } from "../../kinds/core/v1-types.ts";
import type { HostPort, PodLoad } from "./pod-footprint.ts";
import type { CachedPod } from "./queued-pod.ts";
import { amountOf, CPU, MEMORY, PODS, type ResourceColumns } from "./resources.ts";
import { Topology } from "./topology.ts";

/** What placement needs of a Node object. */
export interface NodeFacts {
  name: string;
  labels: { readonly [key: string]: string };
  /** NoSchedule and NoExecute. */
  hardTaints: readonly Taint[];
  /** PreferNoSchedule. */
  softTaints: readonly Taint[];
  unschedulable: boolean;
  allocatable: { readonly [resource: string]: string };
  /** Container images on the node: all their names, and bytes. */
  images: readonly NodeImage[];
  /** What it can do that not every node can (status.declaredFeatures). */
  declaredFeatures: readonly string[];
}

export interface NodeImage {
  names: readonly string[];
  sizeBytes: number;
}

/** A pod that is to go to a node once others have left it. */
export interface Nomination {
  uid: string;
  priority: number;
  load: PodLoad;
  pod: CachedPod;
}

/** Addresses on which each port is taken, one entry a pod: pods of one node rarely use more than a few. */
type PortUse = Map<string, string[]>;

/** Which rows have changed since a reader last looked. */
const JOURNAL_LIMIT = 65_536;

export class NodeTable {
  readonly columns: ResourceColumns;
  /** By row: undefined when only pods are known to be there, or the row is free. */
  readonly facts: (NodeFacts | undefined)[] = [];
  /** By column, then row. */
  readonly allocatable: Float64Array[] = [];
  readonly requested: Float64Array[] = [];
  /** cpu and memory as scoring counts them. */
  scoredCpuMilli: Float64Array = new Float64Array(0);
  scoredMemoryBytes: Float64Array = new Float64Array(0);
  readonly #ports: (PortUse | undefined)[] = [];
  readonly #rows = new Map<string, number>();
  readonly #names: (string | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #topologies = new Map<string, Topology>();
  readonly #nominations = new Map<number, Nomination[]>();
  /** Told when a row has come to another domain of a topology. */
  onMove: (row: number, topology: Topology, from: number, to: number) => void = () => undefined;
  /** Whether a resource, where no node offers it itself, is given as devices. */
  isDevice: (resource: string) => boolean = () => false;
  #capacity = 0;
  #nodeCount = 0;
  #journal: number[] = [];
  #journalStart = 0;

  constructor(columns: ResourceColumns) {
    this.columns = columns;
  }

  /** Nodes that exist. */
  get nodeCount(): number {
    return this.#nodeCount;
  }

  /** Rows are below this; some may be free. */
  get rowLimit(): number {
    return this.facts.length;
  }

  rowOf(name: string): number | undefined {
    return this.#rows.get(name);
  }

  nameOf(row: number): string {
    return this.#names[row] ?? "";
  }

  /** The domains of a label, followed from now on. */
  topology(key: string): Topology {
    let topology = this.#topologies.get(key);
    if (!topology) {
      topology = new Topology(key, this.#capacity);
      for (const [row, facts] of this.facts.entries()) if (facts) topology.place(row, facts);
      this.#topologies.set(key, topology);
    }
    return topology;
  }

  /** The row of a node or, before it is known, of its pods. */
  ensureRow(name: string): number {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const row = this.#free.pop() ?? this.facts.length;
    if (row >= this.#capacity) this.#grow(row + 1);
    this.facts[row] = undefined;
    this.#names[row] = name;
    this.#rows.set(name, row);
    return row;
  }

  setNode(facts: NodeFacts): number {
    const row = this.ensureRow(facts.name);
    if (!this.facts[row]) this.#nodeCount++;
    this.facts[row] = facts;
    for (const column of this.allocatable) column[row] = 0;
    for (const [name, quantity] of Object.entries(facts.allocatable)) {
      this.#column(this.allocatable, this.columns.of(name))[row] = amountOf(name, quantity);
    }
    this.#place(row, facts);
    this.touch(row);
    return row;
  }

  /** The row stays as long as pods are on it. */
  removeNode(name: string): void {
    const row = this.#rows.get(name);
    if (row === undefined || !this.facts[row]) return;
    this.facts[row] = undefined;
    this.#nodeCount--;
    for (const column of this.allocatable) column[row] = 0;
    this.#place(row, undefined);
    this.touch(row);
    this.#freeIfEmpty(row);
  }

  addPod(row: number, load: PodLoad): void {
    this.charge(row, load, 1);
    this.touch(row);
  }

  removePod(row: number, load: PodLoad): void {
    this.charge(row, load, -1);
    this.touch(row);
    this.#freeIfEmpty(row);
  }

  /** Counts a pod in or out for a moment, to see what if; nobody is told. */
  charge(row: number, load: PodLoad, sign: 1 | -1): void {
    this.#charge(row, load, sign);
    for (const port of load.hostPorts) {
      if (sign > 0) this.#takePort(row, port);
      else this.#freePort(row, port);
    }
  }

  nominate(row: number, nomination: Nomination): void {
    const there = this.#nominations.get(row);
    if (there) there.push(nomination);
    else this.#nominations.set(row, [nomination]);
    this.touch(row);
  }

  withdraw(row: number, uid: string): void {
    const there = this.#nominations.get(row)?.filter((nomination) => nomination.uid !== uid) ?? [];
    if (there.length > 0) this.#nominations.set(row, there);
    else this.#nominations.delete(row);
    this.touch(row);
    this.#freeIfEmpty(row);
  }

  /** Pods that are to come to the row; undefined: none. */
  nominatedTo(row: number): readonly Nomination[] | undefined {
    return this.#nominations.size === 0 ? undefined : this.#nominations.get(row);
  }

  requestedAt(column: number, row: number): number {
    return this.requested[column]?.[row] ?? 0;
  }

  allocatableAt(column: number, row: number): number {
    return this.allocatable[column]?.[row] ?? 0;
  }

  /** Whether another pod on the node has the port on an address that collides. */
  isPortTaken(row: number, { protocolPort, ip }: HostPort): boolean {
    const used = this.#ports[row]?.get(protocolPort);
    return used?.some((other) => other === ip || other === "0.0.0.0" || ip === "0.0.0.0") ?? false;
  }

  /** A position to give to `changedSince` later. */
  get position(): number {
    return this.#journalStart + this.#journal.length;
  }

  /** Rows changed since `position`, perhaps more than once; undefined when that is too long ago: look at all. */
  changedSince(position: number): readonly number[] | undefined {
    if (position < this.#journalStart || position < this.position - this.facts.length) return undefined;
    return position === this.position ? NONE : this.#journal.slice(position - this.#journalStart);
  }

  /** Notes that something about the row has changed. */
  touch(row: number): void {
    this.#journal.push(row);
    if (this.#journal.length < JOURNAL_LIMIT) return;
    const gone = this.#journal.length >> 1;
    this.#journal = this.#journal.slice(gone);
    this.#journalStart += gone;
  }

  /** Notes that something about every row has changed. */
  touchAll(): void {
    for (let row = 0; row < this.facts.length; row++) this.touch(row);
  }

  #place(row: number, facts: NodeFacts | undefined): void {
    for (const topology of this.#topologies.values()) {
      const from = topology.domainOf[row]!;
      const to = topology.place(row, facts);
      if (from !== to) this.onMove(row, topology, from, to);
    }
  }

  #charge(row: number, load: PodLoad, sign: 1 | -1): void {
    for (let i = 0; i < load.requestColumns.length; i++) {
      const column = this.#column(this.requested, load.requestColumns[i]!);
      column[row] = column[row]! + sign * load.requestAmounts[i]!;
    }
    const pods = this.#column(this.requested, PODS);
    pods[row] = pods[row]! + sign;
    this.scoredCpuMilli[row] = this.scoredCpuMilli[row]! + sign * load.scoredCpuMilli;
    this.scoredMemoryBytes[row] = this.scoredMemoryBytes[row]! + sign * load.scoredMemoryBytes;
  }

  #takePort(row: number, { protocolPort, ip }: HostPort): void {
    const ports: PortUse = this.#ports[row] ?? new Map();
    this.#ports[row] = ports;
    const used = ports.get(protocolPort);
    if (used) used.push(ip);
    else ports.set(protocolPort, [ip]);
  }

  #freePort(row: number, { protocolPort, ip }: HostPort): void {
    const used = this.#ports[row]?.get(protocolPort);
    const at = used?.indexOf(ip) ?? -1;
    if (!used || at < 0) return;
    used.splice(at, 1);
    if (used.length === 0) this.#ports[row]?.delete(protocolPort);
  }

  #freeIfEmpty(row: number): void {
    const name = this.#names[row];
    if (this.facts[row] || name === undefined || this.requestedAt(PODS, row) > 0) return;
    if (this.#nominations.has(row)) return;
    this.#rows.delete(name);
    this.#names[row] = undefined;
    this.#ports[row] = undefined;
    for (const column of this.requested) column[row] = 0;
    this.scoredCpuMilli[row] = 0;
    this.scoredMemoryBytes[row] = 0;
    this.#free.push(row);
  }

  #column(columns: Float64Array[], index: number): Float64Array {
    while (columns.length <= index) columns.push(new Float64Array(this.#capacity));
    return columns[index]!;
  }

  #grow(atLeast: number): void {
    this.#capacity = Math.max(64, atLeast, this.#capacity * 2);
    const grown = (column: Float64Array): Float64Array => {
      const larger = new Float64Array(this.#capacity);
      larger.set(column);
      return larger;
    };
    for (const columns of [this.allocatable, this.requested]) {
      for (let i = 0; i < columns.length; i++) columns[i] = grown(columns[i]!);
    }
    for (const column of [CPU, MEMORY, PODS]) {
      this.#column(this.allocatable, column);
      this.#column(this.requested, column);
    }
    this.scoredCpuMilli = grown(this.scoredCpuMilli);
    this.scoredMemoryBytes = grown(this.scoredMemoryBytes);
    for (const topology of this.#topologies.values()) topology.grow(this.#capacity);
  }
}

const NONE: readonly number[] = [];
