import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { PROTO_ROOT } from '../../../test/rig/protobuf.js';
import type { MessageType } from './messages.js';
import { Command, EmulationRequest, Reply } from './schema.js';

/** A type's fields as text, down to those of the messages in it. */
function describeProto(type: protobuf.Type, seen: readonly string[] = []): object {
  if (seen.includes(type.name)) return {};
  const fields = type.fieldsArray.map((field) => {
    field.resolve();
    const { name, id, resolvedType } = field;
    const many = field.map ? 'map' : field.repeated ? 'list' : 'one';
    const content =
      resolvedType instanceof protobuf.Type
        ? describeProto(resolvedType, [...seen, type.name])
        : field.type;
    return [name, [id, many, content]] as const;
  });
  return Object.fromEntries(fields);
}

function describeTable(type: MessageType, seen: readonly MessageType[] = []): object {
  if (seen.includes(type)) return {};
  const fields = [...type.byName.values()].map(({ name, number, type: given, many = 'one' }) => {
    const of = typeof given === 'function' ? given() : given;
    const content = typeof of === 'string' ? of : describeTable(of, [...seen, type]);
    return [name, [number, many, content]] as const;
  });
  return Object.fromEntries(fields);
}

test.each([
  ['Command', Command],
  ['EmulationRequest', EmulationRequest],
  ['Reply', Reply],
])('%s has the fields of client.proto', (name, table) => {
  const described = describeTable(table);
  expect(described).toEqual(describeProto(PROTO_ROOT.lookupType(name)));
  expect(Object.keys(described).length).toBeGreaterThan(2);
});
