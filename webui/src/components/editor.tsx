// A text editor by CodeMirror: SQL with completion and errors at their place, or plain text.
import { acceptCompletion, autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { PostgreSQL, sql, SQLDialect } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface Mark {
  from: number;
  to: number;
  message: string;
}

/** The standard's words, which the library only hands out with those of a product, and Flink's. */
const DIALECT = SQLDialect.define({ identifierQuotes: '`', keywords: `${PostgreSQL.spec.keywords ?? ''} watermark for statement set explain tumble hop cumulate session descriptor metadata virtual enforced catalog catalogs databases modules load unload use jobs job stop savepoint drain changelog_mode`, types: `${PostgreSQL.spec.types ?? ''} string bytes timestamp_ltz row map array multiset` });

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--wait)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: tags.number, color: 'var(--warn)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--ink-soft)', fontStyle: 'italic' },
  { tag: tags.typeName, color: 'var(--accent)' },
]);

const LOOK = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)' },
  '.cm-scroller': { fontFamily: "ui-monospace, 'DejaVu Sans Mono', monospace", overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--ink)', minHeight: '170px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--code)', color: 'var(--ink-soft)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--off-soft) 40%, transparent)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--wait-soft) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--ink)', border: '1px solid var(--line)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--wait-soft)', color: 'var(--ink)' },
});

/** Chooses what is asked for a completion: the server, with what the editor has. */
export type Complete = (text: string, position: number) => Promise<{ from: number; options: string[] } | null>;

export function Editor({ label, text, onText, language, onRun, marks = [], complete }: { label: string; text: string; onText: (text: string) => void; language: 'sql' | 'plain'; onRun?: (position: number) => void; marks?: readonly Mark[]; complete?: Complete }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const calls = useRef({ onText, onRun, complete });
  calls.current = { onText, onRun, complete };
  useEffect(() => {
    if (!box.current) return undefined;
    const source = async (context: CompletionContext): Promise<CompletionResult | null> => {
      if (!context.explicit && !context.matchBefore(/[\w.`]{1,}/)) return null;
      const answer = await calls.current.complete?.(context.state.doc.toString(), context.pos);
      return answer ? { from: answer.from, options: answer.options.map((one) => ({ label: one })) } : null;
    };
    view.current = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), lintGutter(), syntaxHighlighting(COLOURS), LOOK, EditorView.lineWrapping,
          ...(language === 'sql' ? [sql({ dialect: DIALECT, upperCaseKeywords: true }), autocompletion({ override: [source] })] : []),
          EditorView.contentAttributes.of({ 'aria-label': label }),
          keymap.of([
            { key: 'Mod-Enter', run: (editor) => { calls.current.onRun?.(editor.state.selection.main.head); return true; } },
            { key: 'Tab', run: acceptCompletion },
            // Escape, then Tab leaves the editor, for those without a mouse.
            { key: 'Escape', run: (editor) => { editor.setTabFocusMode(2000); return false; } },
            indentWithTab, ...defaultKeymap, ...historyKeymap,
          ]),
          EditorView.updateListener.of((update) => { if (update.docChanged) calls.current.onText(update.state.doc.toString()); }),
        ],
      }),
    });
    return () => view.current?.destroy();
  }, [language]);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== text) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const length = editor.state.doc.length;
    const diagnostics: Diagnostic[] = marks.map((mark) => ({ from: Math.min(mark.from, length), to: Math.min(Math.max(mark.to, mark.from + 1), length), severity: 'error', message: mark.message }));
    editor.dispatch(setDiagnostics(editor.state, diagnostics));
  }, [marks]);
  return <div class="editor" ref={box} />;
}
