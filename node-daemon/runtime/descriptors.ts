import { create, createFileRegistry, type DescMessage, type DescService } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  EnumValueDescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  MethodDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/** A .proto file as a table: see generated/cri-v1.ts for the form of messages. */
export interface ProtoTable {
  package: string;
  messages: { readonly [name: string]: string };
  enums?: { readonly [name: string]: { readonly [value: string]: number } };
  /** Full service name → method → [input, output]; "stream X" is a server stream. */
  services: { readonly [service: string]: { readonly [method: string]: readonly [string, string] } };
}

export interface ProtoFile {
  message(name: string): DescMessage;
  service(fullName: string): DescService;
}

const SCALARS: { readonly [type: string]: FieldDescriptorProto_Type } = {
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
  bool: FieldDescriptorProto_Type.BOOL,
  int32: FieldDescriptorProto_Type.INT32,
  int64: FieldDescriptorProto_Type.INT64,
  uint32: FieldDescriptorProto_Type.UINT32,
  uint64: FieldDescriptorProto_Type.UINT64,
  double: FieldDescriptorProto_Type.DOUBLE,
};

/** Builds @bufbuild descriptors from a table. @throws Error when the table names a type it does not hold */
export function buildProtoFile(table: ProtoTable): ProtoFile {
  const enums = table.enums ?? {};
  const file = create(FileDescriptorProtoSchema, {
    name: `${table.package}.proto`,
    syntax: "proto3",
    package: table.package,
    messageType: Object.entries(table.messages).map(([name, fields]) => message(table, name, fields)),
    enumType: Object.entries(enums).map(([name, values]) =>
      create(EnumDescriptorProtoSchema, {
        name,
        value: Object.entries(values).map(([label, number]) =>
          // Values share the file's scope in protobuf, so they carry the enum's name; nothing here reads value names.
          create(EnumValueDescriptorProtoSchema, { name: `${name}_${label}`, number }),
        ),
      }),
    ),
    service: Object.entries(table.services).map(([fullName, methods]) =>
      create(ServiceDescriptorProtoSchema, {
        name: fullName.slice(table.package.length + 1),
        method: Object.entries(methods).map(([name, [input, output]]) =>
          create(MethodDescriptorProtoSchema, {
            name,
            inputType: `.${table.package}.${input}`,
            outputType: `.${table.package}.${output.replace(/^stream /, "")}`,
            serverStreaming: output.startsWith("stream "),
          }),
        ),
      }),
    ),
  });
  const registry = createFileRegistry(file, () => undefined);
  return {
    message(name) {
      const found = registry.getMessage(`${table.package}.${name}`);
      if (!found) throw new Error(`no message ${name} in ${table.package}`);
      return found;
    },
    service(fullName) {
      const found = registry.getService(fullName);
      if (!found) throw new Error(`no service ${fullName} in ${table.package}`);
      return found;
    },
  };
}

function message(table: ProtoTable, name: string, fields: string): DescriptorProto {
  const nested: DescriptorProto[] = [];
  const field = fields
    .split(", ")
    .filter((line) => line !== "")
    .map((line) => {
      const [number = "", fieldName = "", ...type] = line.split(" ");
      return fieldOf({ table, owner: name, name: fieldName, number: Number(number), type: type.join(" "), nested });
    });
  return create(DescriptorProtoSchema, { name, field, nestedType: nested });
}

interface FieldLine {
  table: ProtoTable;
  owner: string;
  name: string;
  number: number;
  type: string;
  /** Map fields add their entry type here. */
  nested: DescriptorProto[];
}

function fieldOf({ table, owner, name, number, type, nested }: FieldLine): FieldDescriptorProto {
  if (type.startsWith("map<")) {
    const [key = "", value = ""] = type.slice(4, -1).split(";");
    const entry = `${name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())}Entry`;
    nested.push(
      create(DescriptorProtoSchema, {
        name: entry,
        options: { mapEntry: true },
        field: [
          fieldOf({ table, owner: entry, name: "key", number: 1, type: key, nested }),
          fieldOf({ table, owner: entry, name: "value", number: 2, type: value, nested }),
        ],
      }),
    );
    return create(FieldDescriptorProtoSchema, {
      name,
      number,
      label: FieldDescriptorProto_Label.REPEATED,
      type: FieldDescriptorProto_Type.MESSAGE,
      typeName: `.${table.package}.${owner}.${entry}`,
    });
  }
  const repeated = type.startsWith("repeated ");
  const base = repeated ? type.slice(9) : type;
  const scalar = SCALARS[base];
  const isEnum = scalar === undefined && base in (table.enums ?? {});
  if (scalar === undefined && !isEnum && !(base in table.messages)) {
    throw new Error(`${table.package}.${owner}.${name}: unknown type ${base}`);
  }
  return create(FieldDescriptorProtoSchema, {
    name,
    number,
    label: repeated ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    type: scalar ?? (isEnum ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE),
    ...(scalar === undefined && { typeName: `.${table.package}.${base}` }),
  });
}
