import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** The value of a field: a scalar, or a message. A function names a message that contains itself. */
type FieldType = Scalar | MessageType | (() => MessageType);
type Scalar = 'bool' | 'uint32' | 'int32' | 'int64' | 'uint64' | 'string' | 'bytes';

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  /** Several values: in a list, or by names of their own. */
  readonly many?: 'list' | 'map';
}

/** The fields of a kind of message. */
export interface MessageType {
  readonly byName: ReadonlyMap<string, Field>;
  readonly byNumber: ReadonlyMap<number, Field>;
}

/** A field's number and type, as schemas write it. */
type FieldSpec = readonly [number: number, type: FieldType | ManySpec];
type ManySpec = Required<Pick<Field, 'type' | 'many'>>;

/** A kind of message, from its fields' names. */
export function message(fields: Readonly<Record<string, FieldSpec>>): MessageType {
  const all = Object.entries(fields).map(([name, [number, type]]): Field => {
    return typeof type === 'object' && 'many' in type
      ? { name, number, ...type }
      : { name, number, type };
  });
  return {
    byName: new Map(all.map((field) => [field.name, field])),
    byNumber: new Map(all.map((field) => [field.number, field])),
  };
}

export function repeated(type: FieldType): ManySpec {
  return { type, many: 'list' };
}

/** A map from strings. */
export function mapOf(type: FieldType): ManySpec {
  return { type, many: 'map' };
}

/**
 * A message's members. A map is an object when it is decoded, and a Map to be encoded. Bytes are a
 * view of those that are decoded. In messages to encode, a message may be bytes already.
 */
export type Members = Readonly<Record<string, unknown>>;

/** A message within a message within a message…: real ones have no more than four levels. */
const MAX_DEPTH = 32;

/**
 * Decodes a message. Fields that were not sent are absent. Unknown fields are skipped. Throws if
 * the bytes are not such a message: cut off, of another type, or text that is not UTF-8.
 */
export function decodeMessage(type: MessageType, bytes: Uint8Array, depth = 0): Members {
  if (depth > MAX_DEPTH) throw new Error('too many levels');
  const reader = new BinaryReader(bytes);
  const members: Record<string, unknown> = {};
  const maps = new Map<string, Map<string, unknown>>();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = type.byNumber.get(number);
    if (field === undefined) {
      reader.skip(wireType, number);
      continue;
    }
    if (wireType !== wireTypeOf(field)) throw new Error(`wrong wire type of ${field.name}`);
    if (field.many === 'map') addEntry(maps, field, reader.bytes(), depth);
    else if (field.many === 'list') {
      const list = (members[field.name] ??= []) as unknown[];
      list.push(readValue(reader, field.type, depth));
    } else members[field.name] = readValue(reader, field.type, depth);
  }
  for (const [name, map] of maps) members[name] = Object.fromEntries(map);
  return members;
}

function addEntry(
  maps: Map<string, Map<string, unknown>>,
  { name, type }: Field,
  bytes: Uint8Array,
  depth: number,
): void {
  const { key, value } = decodeMessage(entryOf(type), bytes, depth + 1);
  const map = maps.get(name) ?? new Map<string, unknown>();
  maps.set(
    name,
    map.set(typeof key === 'string' ? key : '', value ?? (type === 'string' ? '' : {})),
  );
}

function readValue(reader: BinaryReader, type: FieldType, depth: number): unknown {
  switch (type) {
    case 'bool':
      return reader.bool();
    case 'uint32':
      return reader.uint32();
    case 'int32':
      return reader.int32();
    // Beyond 2^53 they become other numbers, which the checks of commands refuse.
    case 'int64':
      return Number(reader.int64());
    case 'uint64':
      return Number(reader.uint64());
    case 'string':
      return reader.string(true);
    case 'bytes':
      return reader.bytes();
    default:
      return decodeMessage(resolved(type), reader.bytes(), depth + 1);
  }
}

/** Encodes a message. Members that are undefined, or zero, false or empty, are left out. */
export function encodeMessage(type: MessageType, members: Members): Uint8Array {
  const writer = new BinaryWriter();
  writeMembers(writer, type, members);
  return writer.finish();
}

/** Encodes a message after its length. */
export function encodeDelimited(type: MessageType, members: Members): Uint8Array {
  const writer = new BinaryWriter().fork();
  writeMembers(writer, type, members);
  return writer.join().finish();
}

function writeMembers(writer: BinaryWriter, type: MessageType, members: Members): void {
  for (const name in members) {
    const value = members[name];
    if (isDefault(value)) continue;
    const field = type.byName.get(name);
    if (field === undefined) throw new Error(`no field is named ${name}`);
    if (field.many === 'map') {
      for (const [key, each] of value as ReadonlyMap<string, unknown>) {
        writeMessage(writer, field.number, entryOf(field.type), { key, value: each });
      }
    } else {
      const values = field.many === 'list' ? (value as readonly unknown[]) : [value];
      for (const each of values) writeValue(writer, field.number, field.type, each);
    }
  }
}

function writeValue(writer: BinaryWriter, number: number, type: FieldType, value: unknown): void {
  if (value instanceof Uint8Array) {
    writer.tag(number, WireType.LengthDelimited).bytes(value);
  } else if (typeof type !== 'string') {
    writeMessage(writer, number, resolved(type), value as Members);
  } else if (typeof value === 'string') {
    // A lone surrogate is not valid UTF-8.
    writer.tag(number, WireType.LengthDelimited).string(value.toWellFormed());
  } else if (typeof value === 'boolean') {
    writer.tag(number, WireType.Varint).bool(value);
  } else {
    // All numbers that newswire sends are positive, so their varints do not depend on the type.
    writer.tag(number, WireType.Varint).uint64(value as number);
  }
}

function writeMessage(
  writer: BinaryWriter,
  number: number,
  type: MessageType,
  members: Members,
): void {
  writer.tag(number, WireType.LengthDelimited).fork();
  writeMembers(writer, type, members);
  writer.join();
}

function isDefault(value: unknown): boolean {
  return value === undefined || value === 0 || value === '' || value === false;
}

const entries = new Map<FieldType, MessageType>();

/** The message that is one entry of a map. */
function entryOf(type: FieldType): MessageType {
  let entry = entries.get(type);
  if (entry === undefined) {
    entry = message({ key: [1, 'string'], value: [2, type] });
    entries.set(type, entry);
  }
  return entry;
}

function resolved(type: MessageType | (() => MessageType)): MessageType {
  return typeof type === 'function' ? type() : type;
}

function wireTypeOf({ type, many }: Field): WireType {
  if (many === 'map') return WireType.LengthDelimited;
  const isVarint = typeof type === 'string' && type !== 'string' && type !== 'bytes';
  return isVarint ? WireType.Varint : WireType.LengthDelimited;
}
