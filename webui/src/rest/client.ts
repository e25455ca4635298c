// Requests to the server that the page came from, and nobody else.

/** Why a request has failed, in the words of the server. */
export class RestError extends Error {
  constructor(
    readonly status: number,
    readonly errors: string[],
  ) {
    super(headline(errors) ?? `the server answered with status ${status}`);
    this.name = 'RestError';
  }

  /** All that the server said, stack traces too. */
  get detail(): string {
    return this.errors.join('\n');
  }
}

/** The most telling text: the message of the innermost cause of a Java exception, or what stands alone. */
export function headline(errors: readonly string[]): string | null {
  const text = errors[errors.length - 1];
  if (text === undefined) return null;
  const inner = text.replace(/^<Exception on server side:\n?/, '').replace(/\n?End of exception on server side>\s*$/, '');
  // The innermost cause, without where in the code it was thrown.
  const last = inner.split('\nCaused by: ').pop() ?? '';
  const message = last.split('\n\tat ')[0] ?? '';
  // The class is noise before a sentence.
  return message.replace(/^(?:[\w$]+\.)+[\w$]+: /, '').trim() || null;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** How long a server may take before the page says that it is silent. */
const PATIENCE_MS = 15_000;

async function request(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const init: RequestInit = { method, signal: signal ? AbortSignal.any([signal, patience]) : patience, cache: 'no-store' };
  if (body instanceof FormData) init.body = body;
  else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'content-type': 'application/json' };
  }
  let response: Response;
  try {
    response = await fetch(`.${path}`, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RestError(0, [patience.aborted ? `no answer within ${PATIENCE_MS / 1000} s` : 'the JobManager does not answer']);
  }
  if (response.ok) return response;
  const text = await response.text();
  throw new RestError(response.status, errorsOf(text));
}

function errorsOf(text: string): string[] {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'errors' in body && Array.isArray(body.errors)) {
      return body.errors.map(String);
    }
    if (typeof body === 'string') return [body];
  } catch {
    // No JSON: what stands there is all there is.
  }
  return text.trim() === '' ? [] : [text.trim()];
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request('GET', path, undefined, signal)).json()) as T;
}

export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  return (await request('GET', path, undefined, signal)).text();
}

export async function send<T>(method: Exclude<Method, 'GET'>, path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  const text = await (await request(method, path, body, signal)).text();
  return (text === '' ? {} : JSON.parse(text)) as T;
}

/** Sends a form with files. */
export async function upload<T>(path: string, form: FormData): Promise<T> {
  return (await (await request('POST', path, form)).json()) as T;
}

/** An error of any kind as a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
