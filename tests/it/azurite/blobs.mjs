// Microsoft's client for blob storage.
//   blobs.mjs drop <container>
//   blobs.mjs access <container>    prints the public access level
import { BlobServiceClient } from '@azure/storage-blob';

const [order, name] = process.argv.slice(2);
const container = BlobServiceClient.fromConnectionString(process.env.STORAGE).getContainerClient(name);
const orders = {
  drop: () => container.delete(),
  access: async () => console.log((await container.getAccessPolicy()).blobPublicAccess ?? 'none'),
};
await orders[order]();
