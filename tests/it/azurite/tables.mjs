// Microsoft's client for table storage, to read and to change what we stored.
//   tables.mjs read <table> <partition> <row>    prints the entity
//   tables.mjs put <table> <entity as JSON>      creates the table if it is missing
//   tables.mjs drop <table>
import { TableClient } from '@azure/data-tables';

const [order, table, ...rest] = process.argv.slice(2);
const client = TableClient.fromConnectionString(process.env.STORAGE, table, { allowInsecureConnection: true });
const orders = {
  read: async (partition, row) => console.log(JSON.stringify(await client.getEntity(partition, row))),
  put: async (entity) => {
    await client.createTable();
    await client.upsertEntity(JSON.parse(entity), 'Replace');
  },
  drop: () => client.deleteTable(),
};
await orders[order](...rest);
