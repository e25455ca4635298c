// Small pieces that every page is made of.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { messageOf, RestError } from '../rest/client';

const TONES: Record<string, string> = {
  RUNNING: 'good', yes: 'good', no: 'bad', FINISHED: 'done', COMPLETED: 'good', completed: 'good',
  FAILED: 'bad', FAILING: 'bad', failed: 'bad', RESTARTING: 'warn', CANCELLING: 'warn', CANCELING: 'warn', CANCELED: 'off', SUSPENDED: 'warn',
  CREATED: 'wait', SCHEDULED: 'wait', DEPLOYING: 'wait', INITIALIZING: 'wait', RECONCILING: 'wait', IN_PROGRESS: 'wait', pending_or_failed: 'wait',
};

/** A state, by colour and by word. */
export function State({ of }: { of: string }): JSX.Element {
  return <span class={`state ${TONES[of] ?? 'off'}`}>{of.replaceAll('_', ' ')}</span>;
}

/** Busy, back-pressured and idle as shares of one bar. */
export function Shares({ busy, backPressured }: { busy: number; backPressured: number }): JSX.Element {
  const label = `busy ${Math.round(busy * 100)} %, back-pressured ${Math.round(backPressured * 100)} %, idle ${Math.max(0, Math.round((1 - busy - backPressured) * 100))} %`;
  return (
    <span class="shares" role="img" aria-label={label} title={label}>
      <span class="busy" style={{ width: `${busy * 100}%` }} />
      <span class="pressed" style={{ width: `${backPressured * 100}%` }} />
    </span>
  );
}

/** Figures with their names, side by side. */
export function Figures({ children }: { children: ComponentChildren }): JSX.Element {
  return <dl class="figures">{children}</dl>;
}

export function Figure({ name, children, hint }: { name: string; children: ComponentChildren; hint?: string }): JSX.Element {
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Card({ title, children, actions, id }: { title?: string; children: ComponentChildren; actions?: ComponentChildren; id?: string }): JSX.Element {
  return (
    <section class="card" id={id} aria-label={title}>
      {(title || actions) && (
        <header>
          {title && <h2>{title}</h2>}
          {actions && <div class="actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

/** What the server said no with. */
export function Trouble({ error }: { error: Error | undefined }): JSX.Element | null {
  if (!error) return null;
  const detail = error instanceof RestError && error.detail.includes('\n') ? error.detail : undefined;
  return (
    <div class="trouble" role="alert">
      <p>{messageOf(error)}</p>
      {detail && (
        <details>
          <summary>All that the server said</summary>
          <pre tabIndex={0}>{detail}</pre>
        </details>
      )}
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }): JSX.Element {
  return <p class="empty">{children}</p>;
}

export function Loading(): JSX.Element {
  return <p class="empty" role="status">Loading…</p>;
}

/** Pages of one thing, as links, so that each has an address. */
export function Tabs({ label, base, tabs, current }: { label: string; base: string; tabs: readonly (readonly [string, string])[]; current: string }): JSX.Element {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(([path, name]) => (
        <a key={path} href={`#${base}/${path}`} aria-current={path === current ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

/** A button whose action takes a while; says what came of it. */
export function ActionButton({ children, run, kind = '' }: { children: ComponentChildren; run: () => Promise<string | void>; kind?: string }): JSX.Element {
  const [running, setRunning] = useState(false);
  return (
    <button
      type="button"
      class={kind}
      disabled={running}
      aria-busy={running}
      onClick={() => {
        setRunning(true);
        run()
          .then((text) => text && say(text))
          .catch((error: unknown) => say(messageOf(error), true))
          .finally(() => setRunning(false));
      }}
    >
      {children}
    </button>
  );
}

/** A question before something that cannot be undone. */
export function Dialog({ title, children, confirm, onConfirm, onClose, danger }: { title: string; children: ComponentChildren; confirm: string; onConfirm: () => Promise<string | void>; onClose: () => void; danger?: boolean }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [state, setState] = useState<{ running: boolean; error?: Error }>({ running: false });
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: Event): void => {
    event.preventDefault();
    setState({ running: true });
    onConfirm()
      .then((text) => {
        if (text) say(text);
        onClose();
      })
      .catch((error: unknown) => setState({ running: false, error: error instanceof Error ? error : new Error(String(error)) }));
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="dialog-title">
      <form onSubmit={submit}>
        <h2 id="dialog-title">{title}</h2>
        {children}
        <Trouble error={state.error} />
        <div class="actions">
          <button type="button" onClick={onClose}>
            Keep as it is
          </button>
          <button type="submit" class={danger ? 'danger' : 'primary'} disabled={state.running} aria-busy={state.running}>
            {confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}

type Notice = { id: number; text: string; bad: boolean };
let notices: Notice[] = [];
let number = 0;
let redraw: (() => void) | undefined;

/** Tells the person something, for a while. */
export function say(text: string, bad = false): void {
  const notice = { id: (number += 1), text, bad };
  notices = [...notices, notice];
  redraw?.();
  setTimeout(() => {
    notices = notices.filter((other) => other !== notice);
    redraw?.();
  }, bad ? 15_000 : 8000);
}

export function Notices(): JSX.Element {
  const [, set] = useState(0);
  redraw = () => set((n) => n + 1);
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <p key={notice.id} class={notice.bad ? 'bad' : ''}>
          {notice.text}
        </p>
      ))}
    </div>
  );
}
