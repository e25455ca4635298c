//! The result modes `table` and `changelog` at a terminal: a full screen that is drawn anew as rows come, until `Q` leaves it.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{cursor, execute, queue, style, terminal};
use unicode_width::UnicodeWidthChar;

use super::gateway_session::{Column, Page, ResultType, Row};
use super::materialized::Materialized;
use super::tableau::{MAX_WIDTH, Tableau, cells};

/// How long a key is waited for before more rows are asked for.
const KEY_WAIT: Duration = Duration::from_millis(30);
/// Lines that hold no rows: title, header, rule, key help.
const FRAME: usize = 5;
const KEYS: &str = "Q Quit   Up/Down Scroll   N/P Page   G/L First/Last   Left/Right Columns";

/// What the screen shows.
enum Rows {
    Table(Materialized),
    /// The last rows of the changelog, and how many there were.
    Changelog(VecDeque<Row>, u64),
}

/// A result on the screen.
pub(super) struct ResultView {
    tableau: Tableau,
    names: Vec<String>,
    rows: Rows,
    /// Most rows that are kept of a changelog.
    max_rows: usize,
    first: usize,
    /// Whether new rows scroll the view.
    follows: bool,
    shift: usize,
    ended: bool,
}

impl ResultView {
    /// A view of rows of these columns, as a table or as a changelog.
    pub(super) fn new(columns: &[Column], as_table: bool, max_rows: usize) -> Self {
        let rows = if as_table { Rows::Table(Materialized::default()) } else { Rows::Changelog(VecDeque::new(), 0) };
        Self {
            tableau: Tableau::new(columns, MAX_WIDTH),
            names: columns.iter().map(|column| column.name.clone()).collect(),
            rows,
            max_rows,
            first: 0,
            follows: true,
            shift: 0,
            ended: false,
        }
    }

    /// Shows the result until the user leaves it. `next` fetches a page.
    pub(super) fn show(
        &mut self,
        first: Page,
        mut next: impl FnMut(u64) -> anyhow::Result<Page>,
    ) -> anyhow::Result<()> {
        let _screen = Screen::enter()?;
        let mut token = first.next_token();
        self.take(first);
        let mut changed = true;
        loop {
            if changed {
                self.draw()?;
            }
            changed = false;
            if event::poll(if token.is_some() { KEY_WAIT } else { Duration::from_millis(500) })? {
                match event::read()? {
                    Event::Key(key) if key.kind != KeyEventKind::Release => {
                        if !self.on_key(key, page_height()?) {
                            return Ok(());
                        }
                        changed = true;
                    }
                    Event::Resize(..) => changed = true,
                    _ => {}
                }
                continue;
            }
            if let Some(wanted) = token {
                let page = next(wanted)?;
                token = page.next_token();
                changed |= self.take(page);
            }
        }
    }

    /// Takes a page in; whether there is something new to see.
    fn take(&mut self, page: Page) -> bool {
        self.ended = page.result_type == ResultType::Eos;
        let rows = page.results.map(|results| results.data).unwrap_or_default();
        let news = self.ended || !rows.is_empty();
        match &mut self.rows {
            Rows::Table(table) => rows.iter().for_each(|row| table.apply(row)),
            Rows::Changelog(shown, count) => {
                *count += rows.len() as u64;
                shown.extend(rows);
                let excess = shown.len().saturating_sub(self.max_rows);
                shown.drain(..excess);
            }
        }
        news
    }

    fn len(&self) -> usize {
        match &self.rows {
            Rows::Table(table) => table.len(),
            Rows::Changelog(rows, _) => rows.len(),
        }
    }

    /// False: the user leaves.
    fn on_key(&mut self, key: KeyEvent, height: usize) -> bool {
        let last = self.len().saturating_sub(height);
        match key.code {
            KeyCode::Char('q' | 'Q') | KeyCode::Esc => return false,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return false,
            KeyCode::Up => self.first = self.first.saturating_sub(1),
            KeyCode::Down => self.first += 1,
            KeyCode::Char('p' | 'P') | KeyCode::PageUp => self.first = self.first.saturating_sub(height),
            KeyCode::Char('n' | 'N') | KeyCode::PageDown => self.first += height,
            KeyCode::Char('g' | 'G') | KeyCode::Home => self.first = 0,
            KeyCode::Char('l' | 'L') | KeyCode::End => self.first = last,
            KeyCode::Left => self.shift = self.shift.saturating_sub(8),
            KeyCode::Right => self.shift += 8,
            _ => {}
        }
        self.first = self.first.min(last);
        self.follows = self.first == last;
        true
    }

    fn draw(&mut self) -> io::Result<()> {
        let (width, height) = terminal::size()?;
        let lines = self.lines(width as usize, height as usize);
        let mut out = io::stdout().lock();
        for (line, text) in lines.iter().enumerate() {
            queue!(
                out,
                cursor::MoveTo(0, line as u16),
                style::Print(text),
                terminal::Clear(terminal::ClearType::UntilNewLine)
            )?;
        }
        out.flush()
    }

    /// The lines of the whole screen.
    fn lines(&mut self, width: usize, height: usize) -> Vec<String> {
        let room = height.saturating_sub(FRAME).max(1);
        let last = self.len().saturating_sub(room);
        let is_changelog = matches!(self.rows, Rows::Changelog(..));
        self.first = if self.follows && is_changelog { last } else { self.first.min(last) };
        let state = if self.ended { "finished" } else { "running" };
        let title = match &self.rows {
            Rows::Table(table) => format!("SQL Query Result (Table): {} rows, {state}", table.len()),
            Rows::Changelog(_, count) => format!("SQL Query Result (Changelog): {count} rows, {state}"),
        };
        let header = self.tableau.line("op", self.names.iter().map(String::as_str));
        let rule = "-".repeat(header.chars().count());
        let mut lines = vec![title, header, rule];
        match &self.rows {
            Rows::Table(table) => lines.extend(table.from(self.first).take(room).map(|row| {
                let row = Row { kind: "INSERT".to_owned(), fields: row.clone() };
                self.tableau.line("  ", cells(&row))
            })),
            Rows::Changelog(rows, _) => {
                lines
                    .extend(rows.iter().skip(self.first).take(room).map(|row| self.tableau.line(row.op(), cells(row))));
            }
        }
        lines.resize(height.saturating_sub(1).max(4), String::new());
        lines.push(KEYS.to_owned());
        lines
            .iter()
            .enumerate()
            .map(|(line, text)| window(text, if line == 0 { 0 } else { self.shift }, width))
            .collect()
    }
}

fn page_height() -> io::Result<usize> {
    Ok((terminal::size()?.1 as usize).saturating_sub(FRAME).max(1))
}

/// The part of a line that begins at column `shift` and is at most `width` wide.
fn window(text: &str, shift: usize, width: usize) -> String {
    let mut column = 0;
    let mut out = String::new();
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        let wide = c.width().unwrap_or(0);
        if column >= shift {
            if column + wide > shift + width {
                break;
            }
            out.push(c);
        }
        column += wide;
    }
    out
}

/// The full screen, left when it is dropped.
struct Screen;

impl Screen {
    fn enter() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        execute!(
            io::stdout(),
            terminal::EnterAlternateScreen,
            cursor::Hide,
            terminal::Clear(terminal::ClearType::All)
        )?;
        Ok(Screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that has gone cannot be put right.
        execute!(io::stdout(), cursor::Show, terminal::LeaveAlternateScreen).ok();
        terminal::disable_raw_mode().ok();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(result: &str, rows: serde_json::Value) -> Page {
        let columns = json!([{"name": "a", "logicalType": {"type": "INTEGER", "nullable": false}}]);
        serde_json::from_value(json!({
            "resultType": result, "isQueryResult": true, "resultKind": "SUCCESS_WITH_CONTENT",
            "results": {"columns": columns, "data": rows}
        }))
        .expect("a page")
    }

    fn view(as_table: bool) -> ResultView {
        let columns = page("PAYLOAD", json!([])).results.expect("results").columns;
        ResultView::new(&columns, as_table, 1_000)
    }

    #[test]
    fn a_table_shows_what_is_left_and_a_changelog_all() {
        let rows = json!([{"kind": "INSERT", "fields": ["1"]}, {"kind": "UPDATE_BEFORE", "fields": ["1"]}, {"kind": "UPDATE_AFTER", "fields": ["2"]}]);
        let mut table = view(true);
        table.take(page("EOS", rows.clone()));
        let lines = table.lines(60, 10);
        assert_eq!(lines[0], "SQL Query Result (Table): 1 rows, finished");
        assert_eq!(lines[3], "|    |           2 |");
        assert_eq!((lines[4].as_str(), lines.len()), ("", 10));
        let mut changelog = view(false);
        changelog.take(page("PAYLOAD", rows));
        let lines = changelog.lines(60, 10);
        assert_eq!(lines[3..6], ["| +I |           1 |", "| -U |           1 |", "| +U |           2 |"]);
    }

    #[test]
    fn keys_move_the_view() {
        let mut table = view(true);
        let rows: Vec<_> = (0..50).map(|n| json!({"kind": "INSERT", "fields": [n.to_string()]})).collect();
        table.take(page("EOS", json!(rows)));
        let press = |table: &mut ResultView, code| table.on_key(KeyEvent::new(code, KeyModifiers::NONE), 5);
        assert!(press(&mut table, KeyCode::Char('n')));
        assert_eq!(table.lines(40, 10)[3], "|    |           5 |");
        assert!(press(&mut table, KeyCode::Char('L')));
        assert_eq!(table.lines(40, 10)[7], "|    |          49 |");
        assert!(!press(&mut table, KeyCode::Char('q')));
    }
}
