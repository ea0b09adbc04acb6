// Writes src/generated.ts from the server's OpenAPI document, which is read from a URL, a file, or
// (without an argument) from standard input. A test of the server fails when the two differ.
import { readFile } from 'node:fs/promises';

const [source] = process.argv.slice(2);
const text = source?.startsWith('http')
  ? await (await fetch(source)).text()
  : await readFile(source ?? 0, 'utf8');
const document = JSON.parse(text);
const { schemas } = document.components;
const nameOf = (ref) => ref.split('/').at(-1);
const indent = (block) => block.replace(/\n(?=.)/g, '\n  ');
const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

const comment = (description) => {
  if (!description) return '';
  const lines = description.replaceAll('*/', '* /').split('\n');
  if (lines.length === 1) return `/** ${lines[0]} */\n`;
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
};

const object = ({ properties = {}, required = [], additionalProperties }) => {
  const members = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `${comment(schema.description)}${key(name)}${optional}: ${typeOf(schema)};\n`;
  });
  const others = additionalProperties;
  if (others) {
    members.push(`[field: string]: ${others === true ? 'unknown' : typeOf(others)};\n`);
  }
  return members.length === 0 ? 'object' : `{\n  ${indent(members.join('')).trimEnd()}\n}`;
};

const typeOf = (schema) => {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.oneOf ?? schema.anyOf) return union((schema.oneOf ?? schema.anyOf).map(typeOf));
  if (schema.allOf) return schema.allOf.map(flattened).join(' & ');
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (Array.isArray(schema.type)) {
    return union(schema.type.map((type) => typeOf({ ...schema, type })));
  }
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `${grouped(typeOf(schema.items ?? {}))}[]`;
    case 'object':
      return object(schema);
    default:
      return 'unknown';
  }
};

// The fields of a part that may be absent are all optional.
const flattened = (part) => {
  const choices = part.oneOf?.filter(({ type }) => type !== 'null');
  return choices?.length === 1 && part.oneOf.length === 2
    ? `Partial<${typeOf(choices[0])}>`
    : grouped(typeOf(part));
};

const union = (types) => [...new Set(types)].sort((a, b) => (a === 'null') - (b === 'null')).join(' | ');
const grouped = (type) => (type.includes(' | ') || type.includes(' & ') ? `(${type})` : type);

const declare = (name, schema) => {
  const type = typeOf(schema);
  const isInterface = schema.type === 'object' && type.startsWith('{');
  const head = comment(schema.description);
  return isInterface
    ? `${head}export interface ${name} ${type}\n`
    : `${head}export type ${name} = ${type};\n`;
};

// `ClientFrame.ping` is the frame `ping`; an enum of the server has several frames in it.
const frames = (name) => {
  const found = new Map();
  const add = (type, shape) => found.set(type, [...(found.get(type) ?? []), shape]);
  for (const { $ref } of schemas[name].oneOf) {
    const schema = schemas[nameOf($ref)];
    if ($ref.includes(`/${name}.`)) add($ref.split(`/${name}.`)[1], schema);
    else for (const variant of schema.oneOf) add(tagOf(variant), variant);
  }
  const members = [...found].map(([type, shapes]) => {
    return `${comment(shapes[0].description)}${key(type)}: ${union(shapes.map(typeOf))};\n`;
  });
  return `export interface ${name}s {\n  ${indent(members.join('')).trimEnd()}\n}\n`;
};

const tagOf = (variant) => {
  const parts = [variant, ...(variant.allOf ?? [])];
  return parts.map((part) => part.properties?.type?.enum?.[0]).find((tag) => tag !== undefined);
};

const operations = () => {
  const members = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const named = (place) => {
        const parameters = (operation.parameters ?? []).filter((one) => one.in === place);
        const properties = parameters.map((one) => [
          one.name,
          { ...one.schema, description: one.description },
        ]);
        const required = parameters.filter((one) => one.required).map((one) => one.name);
        return object({ properties: Object.fromEntries(properties), required });
      };
      const json = (content) => (content?.['application/json']?.schema ? typeOf(content['application/json'].schema) : 'unknown');
      const success = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
      const answers = union(success.map(([, response]) => json(response.content)));
      const name = `${method.toUpperCase()} ${path.replace(/^\/api\//, '')}`;
      const body = operation.requestBody ? json(operation.requestBody.content) : 'undefined';
      members.push(
        `${comment(operation.summary)}${key(name)}: {\n  path: ${indent(named('path'))};\n` +
          `  query: ${indent(named('query'))};\n  body: ${body};\n  answer: ${answers};\n};\n`,
      );
    }
  }
  return `export interface Operations {\n  ${indent(members.join('')).trimEnd()}\n}\n`;
};

const isFrame = (name) => /^(Client|Server)Frame\b/.test(name);
const declarations = Object.entries(schemas)
  .filter(([name]) => !isFrame(name))
  .map(([name, schema]) => declare(name, schema));

process.stdout.write(
  [
    "/** Types of the HTTP API and of the frames. Generated from the server's description: do not edit. */\n",
    ...declarations,
    `/** The frames that clients send, by their type. */\n${frames('ClientFrame')}`,
    `/** The frames that the server sends, by their type. */\n${frames('ServerFrame')}`,
    `/** The HTTP API: what each operation takes and answers. */\n${operations()}`,
  ].join('\n'),
);
