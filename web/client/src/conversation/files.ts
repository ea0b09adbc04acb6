/** Files of a conversation: they go to blob storage directly, through signed URLs. */

import { SwitchboardError } from '../error.js';
import type { Http } from '../http.js';
import { newId } from '../ids.js';

/** Reports the share that was sent, from 0 to 1. */
export type Progress = (share: number) => void;

/** How a caller without a sign-in shows that it may use a room. */
export interface HttpCredentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export class Files {
  readonly #http: Http;
  readonly #path: string;
  readonly #query: Record<string, string | undefined>;

  constructor(http: Http, group: string, credentials: HttpCredentials) {
    this.#http = http;
    this.#path = `rooms/${group}/files`;
    this.#query = { ...credentials };
  }

  /** Returns the id that a message names. */
  async upload(file: Blob, name: string, progress: Progress | undefined): Promise<string> {
    const contentType = file.type === '' ? 'application/octet-stream' : file.type;
    const { fileId, uploadUrl } = await this.#http.request<{ fileId: string; uploadUrl: string }>(
      'POST',
      this.#path,
      {
        query: this.#query,
        body: { name, contentType, size: file.size },
        idempotencyKey: newId(),
      },
    );
    const status = await put(uploadUrl, file, contentType, progress);
    if (status >= 300) {
      const code = status >= 500 ? 'unavailable' : 'forbidden';
      throw new SwitchboardError('the storage refused the file', { code, status });
    }
    return fileId;
  }

  async downloadUrl(fileId: string): Promise<string> {
    const query = { ...this.#query, file: fileId };
    const path = this.#path;
    const answer = await this.#http.request<{ downloadUrl: string }>('GET', path, { query });
    return answer.downloadUrl;
  }
}

/** Only `XMLHttpRequest` reports how far it is. Returns the status. */
async function put(
  url: string,
  file: Blob,
  contentType: string,
  progress: Progress | undefined,
): Promise<number> {
  const headers = { 'x-ms-blob-type': 'BlockBlob', 'Content-Type': contentType };
  const network = (cause?: unknown): SwitchboardError =>
    new SwitchboardError('the storage cannot be reached', { code: 'network', cause });
  if (progress === undefined || typeof XMLHttpRequest === 'undefined') {
    const response = await fetch(url, { method: 'PUT', headers, body: file }).catch((cause) => {
      throw network(cause);
    });
    return response.status;
  }
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    for (const [header, value] of Object.entries(headers)) request.setRequestHeader(header, value);
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
    request.onload = () => resolve(request.status);
    request.onerror = () => reject(network());
    request.send(file);
  });
}
