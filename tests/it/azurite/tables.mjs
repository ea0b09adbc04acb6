// Microsoft's own client of table storage, to look at what we stored and to meddle with it.
//   tables.mjs read <table> <partition> <row>    prints the entity
//   tables.mjs put <table> <entity as JSON>      makes the table when it is missing
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
